"""Continuous sounds: one recipe a kind, (flow, clock, rng) -> float32 [N] whose RMS follows `flow.level`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..curve import Curve
from ..materials import MATERIALS
from ..scene import Flow
from .clock import SampleClock
from .noise import Shape, band, coloured, peaks

TABLE = 8192


def flow_sound(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    return RECIPES[flow.kind](flow, clock, rng) * clock.read(flow.level)


def tone(clock: SampleClock, hertz: Curve, loud: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Harmonics of a moving pitch, RMS 1, from a table of one cycle."""
    turn = 2 * np.pi * np.arange(TABLE) / TABLE
    order = np.arange(1, len(loud) + 1)[:, None]
    table = (loud[:, None] * np.sin(order * turn + phases[:, None])).sum(0)
    table = (table / np.sqrt(np.mean(table**2))).astype(np.float32)
    return table[(clock.cycles(hertz) * TABLE).astype(np.int64) & (TABLE - 1)]


def rush_and_drops(noise: np.ndarray, rush: float, drops: float) -> np.ndarray:
    """rush n + drops n^3 of noise n of RMS 1, brought back to RMS 1 (the normal distribution's moments): what
    is cubed is sparse, single drops among the rush."""
    return (rush * noise + drops * noise**3) / np.float32((rush**2 + 6 * rush * drops + 15 * drops**2) ** 0.5)


def _two_bands(
    clock: SampleClock, rng: np.random.Generator, dull: Shape, bright: Shape, hardness: Curve
) -> np.ndarray:
    """Noise that grows brighter with `hardness`, its power unchanged."""
    share = np.clip(clock.read(hardness), 0, 1) * np.float32(0.4 * np.pi)
    low = coloured(rng, dull, clock.count, clock.rate)
    high = coloured(rng, bright, clock.count, clock.rate)
    return low * np.cos(share) + high * np.sin(share)


def _body(material: str, size: float) -> np.ndarray:
    return MATERIALS[material].base_hz * size * np.array(MATERIALS[material].ratios)


def _roll(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    body = _body(flow.material, 0.8)
    dull = peaks(body[:2] * 0.5, 0.25, band(70, 300), 1.0)
    bright = peaks(body, 0.05, band(300, 2500), 0.25)
    noise = _two_bands(clock, rng, dull, bright, flow.hardness)
    turning = np.cos(2 * np.pi * (clock.cycles(flow.hertz) % 1.0).astype(np.float32))
    return noise * (0.94 + 0.5 * turning)


def _scrape(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    body = _body(flow.material, 1.3)
    dull = peaks(body, 0.06, band(250, 1200), 0.3)
    bright = peaks(body * 2, 0.08, band(1500, 7000), 0.4)
    noise = _two_bands(clock, rng, dull, bright, flow.hardness)
    stuck = (clock.cycles(flow.hertz) % 1.0).astype(np.float32)
    return noise * (0.45 + 1.05 * stuck**2) * np.float32(1.15)


def _wheel(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    loud = np.arange(1, 9) ** -1.3
    noise = coloured(rng, band(250, 1500), clock.count, clock.rate)
    return 0.92 * tone(clock, flow.hertz, loud, rng.uniform(0, 6.28, 8)) + 0.39 * noise


def _engine(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    loud = np.arange(1, 21) ** -0.7
    # Smooth puffs at random phases: an engine that turns slowly throbs, it does not knock.
    puff = np.float32(0.8) + np.float32(0.75) * np.cos(
        2 * np.pi * (clock.cycles(flow.hertz) % 1.0).astype(np.float32)
    )
    noise = coloured(rng, band(200, 1800), clock.count, clock.rate)
    return 0.85 * tone(clock, flow.hertz, loud, rng.uniform(0, 6.28, 20)) + 0.5 * noise * puff


def _rain(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    shape = {
        "metal": peaks(np.array([820.0, 1430.0, 2240.0, 3370.0, 4700.0]), 0.04, band(1500, 9000), 0.3),
        "grass": band(500, 3500),
        "water": peaks(np.array([600.0, 900.0]), 0.3, band(400, 7000), 0.5),
    }[flow.material]
    noise = coloured(rng, shape, clock.count, clock.rate)
    return rush_and_drops(noise, 0.7, 0.18)


def _wind(flow: Flow, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    noise = _two_bands(clock, rng, band(90, 320), band(300, 1300), flow.hardness)
    flutter = np.cos(4 * np.pi * (clock.cycles(flow.hertz) % 1.0).astype(np.float32))
    return noise * (0.94 + 0.45 * flutter)


RECIPES: dict[str, Callable[[Flow, SampleClock, np.random.Generator], np.ndarray]] = {
    "roll": _roll,
    "scrape": _scrape,
    "wheel": _wheel,
    "engine": _engine,
    "rain": _rain,
    "wind": _wind,
}
