"""Short sounds: one recipe a kind, (hit, rng, rate) -> float32 [N], whose first 50 ms have the RMS
`hit.level`.

Modal bodies after the usual struck-body model (materials.py), bells and drums with the classical partials of
theirs, drops as the rising chirp of a closing bubble, steps and shards as showers of small impacts. Numbers:
our choice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..materials import MATERIALS, REFERENCE_SIZE, Material
from ..scene import Hit
from .modal import add, burst, ring

LEVEL_WINDOW = 0.05
BELL = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.52, 3.01, 4.1, 5.4, 6.8])
XYLOPHONE = np.array([1.0, 3.0, 6.16, 10.29])  # bars are cut so that the second partial is a twelfth
MEMBRANE = np.array([1.0, 1.59, 2.14, 2.3, 2.65, 2.92, 3.5, 4.06])


def hit_sound(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    """The sound of `hit`, beginning at its first sample."""
    sound = RECIPES[hit.kind](hit, rng, rate)
    head = sound[: int(LEVEL_WINDOW * rate)]
    # Sounds shorter than the window count as if silence followed them, which is what is heard.
    level = np.sqrt(np.sum(head.astype(np.float64) ** 2) / (LEVEL_WINDOW * rate))
    # Sounds end in 2 ms of fade, so that a cut mode makes no click of its own.
    tail = min(len(sound), int(0.002 * rate))
    sound[len(sound) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
    return sound * np.float32(hit.level / max(level, 1e-9))


def _modes(material: Material, size: float, hardness: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitches, decay times and amplitudes of a body; a soft blow leaves the high modes alone."""
    ratios = np.array(material.ratios)
    # No two bodies are the same: their modes lie up to 2 % aside, by their size.
    ratios = ratios * (1 + 0.02 * np.sin(1e3 * size * np.arange(len(ratios))))
    hertz = material.base_hz * REFERENCE_SIZE / size * ratios
    t60 = material.t60 * ratios**-material.slope
    return hertz, t60, ratios ** -(material.tilt + 1.3 * (1.0 - hardness))


def _strike(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    material = MATERIALS[hit.material]
    hertz, t60, loud = _modes(material, hit.size, hit.hardness)
    loud = loud * rng.uniform(0.7, 1.3, len(loud))
    body = ring(hertz, t60, loud / np.linalg.norm(loud), np.zeros(len(loud)), rate, min(1.1 * t60.max(), 2.0))
    click = burst(rng, 0.5 * material.click_hz, 1.6 * material.click_hz, 0.02, rate, 24)
    share = material.click * (0.4 + 0.6 * hit.hardness)
    sound = np.zeros(max(len(body), len(click)), dtype=np.float32)
    add(sound, body, 0, 1 - share)
    add(sound, click, 0, share)
    return sound


def _drum(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    loud = MEMBRANE ** -(0.6 + 1.2 * (1 - hit.hardness)) * rng.uniform(0.7, 1.3, len(MEMBRANE))
    t60 = 0.5 * MEMBRANE**-0.6
    hertz = 105.0 * (0.23 / hit.size) ** 1.3 * MEMBRANE
    sound = ring(hertz, t60, loud / np.linalg.norm(loud), np.zeros(len(loud)), rate, 0.55)
    add(sound, burst(rng, 800, 4500, 0.04, rate), 0, 0.06 + 0.1 * hit.hardness)
    return sound


def _bell(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    loud = BELL ** -(0.3 + 0.9 * (1 - hit.hardness)) * rng.uniform(0.8, 1.2, len(BELL))
    t60 = 2.6 * (hit.size / 0.28) * BELL**-0.7
    hertz = 560.0 * 0.28 / hit.size * BELL
    sound = ring(hertz, t60, loud / np.linalg.norm(loud), np.zeros(len(loud)), rate, 3.0)
    add(sound, burst(rng, 2500, 7000, 0.02, rate), 0, 0.12 * hit.hardness)
    return sound


def _xylophone(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    loud = XYLOPHONE ** -(0.9 + 1.1 * (1 - hit.hardness)) * rng.uniform(0.8, 1.2, len(XYLOPHONE))
    t60 = 0.9 * XYLOPHONE**-0.8
    hertz = 392.0 * (0.3 / hit.size) ** 2 * XYLOPHONE  # a bar's pitch goes with the square of its length
    sound = ring(hertz, t60, loud / np.linalg.norm(loud), np.zeros(len(loud)), rate, 1.0)
    add(sound, burst(rng, 900, 3000, 0.012, rate), 0, 0.1 + 0.1 * hit.hardness)
    return sound


def _drop(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    time = np.arange(int(0.16 * rate)) / rate
    hertz = 65.0 / hit.size * rng.uniform(0.94, 1.06)
    rise = rng.uniform(2.0, 4.0)
    sound = np.sin(2 * np.pi * hertz * (time + rise / 2 * time**2)) * np.exp(-time / 0.028)
    sound = sound.astype(np.float32)
    add(sound, burst(rng, 2000, 6000, 0.008, rate), 0, 0.05)
    return sound


def _step(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    sound = np.zeros(int(0.3 * rate), dtype=np.float32)
    hard = hit.hardness
    if hit.material == "wood":
        hertz = np.array([118.0, 187.0, 305.0, 520.0, 840.0]) / hit.size * rng.uniform(0.95, 1.05)
        loud = np.array([1.0, 0.9, 0.6, 0.35, 0.2]) * rng.uniform(0.7, 1.3, 5)
        add(sound, ring(hertz, np.full(5, 0.12), loud, np.zeros(5), rate, 0.14), 0)
        add(sound, burst(rng, 900, 2500, 0.015, rate), 0, 0.15 * hard)
    elif hit.material == "stone":
        hertz = np.array([940.0, 1680.0, 2700.0]) / hit.size * rng.uniform(0.95, 1.05)
        add(sound, ring(hertz, np.full(3, 0.08), np.array([1.0, 0.8, 0.5]), np.zeros(3), rate, 0.09), 0, 0.6)
        add(sound, burst(rng, 2500, 6000, 0.03, rate), 0, 0.1 + 0.1 * hard)
    elif hit.material == "gravel":
        _shower(sound, rng, rate, count=26, mean=0.022, low=1800, high=7500, t60=0.012)
    elif hit.material == "grass":
        add(sound, burst(rng, 250, 1300, 0.13, rate, 48), 0, 0.3)
        add(sound, burst(rng, 1500, 6000, 0.07, rate, 48), 0, 0.05 + 0.05 * hard)
    else:
        add(sound, burst(rng, 700, 5000, 0.12, rate, 60), 0, 0.15)
        for delay in rng.uniform(0.005, 0.07, 5):
            bubble = _drop(Hit(0, "drop", "water", rng.uniform(0.04, 0.09), 1.0, hard), rng, rate)
            add(sound, bubble, int(delay * rate), rng.uniform(0.2, 0.5))
    return sound


def _break(hit: Hit, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A crack, then shards that ring as they land; glass high and long, clay low and short."""
    sound = np.zeros(int((hit.lasts + 0.4) * rate), dtype=np.float32)
    material = MATERIALS[hit.material]
    low, high = 0.7 * material.base_hz, 4.5 * material.base_hz
    add(sound, burst(rng, low, 2 * high, 0.07, rate, 60), 0, 0.35)
    _shower(sound, rng, rate, count=30, mean=hit.lasts / 4, low=low, high=high, t60=material.t60 * 0.7)
    return sound


def _shower(
    sound: np.ndarray,
    rng: np.random.Generator,
    rate: int,
    *,
    count: int,
    mean: float,
    low: float,
    high: float,
    t60: float,
) -> None:
    """Adds `count` small impacts, the first at once and the rest thinning out and fading over about 4 `mean`
    s."""
    delays = np.sort(np.append(rng.exponential(mean, count - 1), 0.0))
    for delay in delays[delays < len(sound) / rate - 0.01]:
        hertz = np.exp(rng.uniform(np.log(low), np.log(high))) * np.array([1.0, 1.53, 2.41])
        grain = ring(
            hertz, np.full(3, t60), np.array([1.0, 0.6, 0.4]), rng.uniform(0, 6.28, 3), rate, 1.1 * t60
        )
        add(sound, grain, int(delay * rate), rng.uniform(0.3, 1.0) * np.exp(-delay / (3 * mean)))


Recipe = Callable[[Hit, np.random.Generator, int], np.ndarray]
RECIPES: dict[str, Recipe] = {
    "strike": _strike,
    "drum": _drum,
    "bell": _bell,
    "xylophone": _xylophone,
    "drop": _drop,
    "step": _step,
    "break": _break,
}
