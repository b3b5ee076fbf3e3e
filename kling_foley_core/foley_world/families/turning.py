"""Wheels and engines: the pitch is a fixed number of cycles for each visible turn."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, integral, keyed, steady
from ..part import Order, Part, plain, slots
from ..scene import Actor, Flow, Look, Source

CYCLES_PER_TURN = {"wheel": 160.0, "engine": 64.0}
TOP_TURNS = 3.0  # per second; faster turning would alias at 25 frames a second
FLOW_LEVEL = 10 ** (-26 / 20)


def wheel(order: Order) -> Part:
    """One or two that start, change speed, stop, or run down over the whole scene."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 3)) if lane.wide else 1
    kind = "engine" if rng.uniform() < 0.5 else "wheel"
    actors, sources, runs_down = [], [], False
    for place in slots(rng, count):
        runs_down = count == 1 and rng.uniform() < 0.35
        turns = _turns(rng, order.seconds, runs_down)
        radius = rng.uniform(0.26, 0.38)
        x, depth, height = lane.x(float(place)), lane.depth, radius + 0.08
        share = np.clip(turns / TOP_TURNS, 0, 1)
        flow = Flow(
            kind,
            "metal" if kind == "engine" else "wood",
            Curve(FLOW_LEVEL * share**0.8),
            Curve(share),
            Curve(CYCLES_PER_TURN[kind] * turns),
        )
        way = rng.choice([-1.0, 1.0])
        angle = Curve(way * 2 * np.pi * integral(turns, rng.uniform()))
        seed = int(rng.integers(1 << 31))
        if kind == "engine":
            colour = (60, 84, 70)
            actors.append(
                Actor(
                    plain("box", colour), radius * 1.2, radius * 0.6, steady(x), steady(radius * 0.6), depth
                )
            )
        look = Look("flywheel" if kind == "engine" else "wheel", "flat", (120, 78, 44), seed)
        actors.append(Actor(look, radius, radius, steady(x), steady(height), depth, angle, shadow=True))
        sources.append(Source(kind, flow.material, steady(x), steady(height), depth, flows=(flow,)))
    return Part(tuple(actors), tuple(sources), _phrases(kind, count, runs_down))


def _turns(rng: np.random.Generator, seconds: float, runs_down: bool) -> np.ndarray:
    """Turns per second on the time grid."""
    if runs_down:
        return keyed(seconds, [(0.0, rng.uniform(2.2, 3.0), "ease"), (seconds, 0.15, "ease")]).values
    keys, time = [(0.0, rng.choice([0.0, rng.uniform(0.5, 3.0)]), "ease")], 0.0
    while time < seconds:
        speed = 0.0 if rng.uniform() < 0.2 else rng.uniform(0.6, TOP_TURNS)
        hold, change = rng.uniform(0.3, 1.5), rng.uniform(0.4, 1.2)
        keys += [(time + hold, keys[-1][1], "ease"), (time + hold + change, speed, "ease")]
        time += hold + change
    return keyed(seconds, keys).values


def _phrases(kind: str, count: int, runs_down: bool) -> tuple[str, ...]:
    if kind == "engine":
        if runs_down:
            return ("an engine runs down", "a machine slows to a stop")
        return ("an engine runs", "an engine turns its flywheel") if count == 1 else ("two engines run",)
    if runs_down:
        return ("a wheel spins down", "a turning wheel slows to a stop")
    return ("a wheel spins", "a wooden wheel turns") if count == 1 else ("two wheels spin",)
