"""A flag in the wind: the more it flutters, the louder the wind and the cloth."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, integral, steady, wander
from ..part import Order, Part, plain
from ..scene import Actor, Flow, Source

WIND_LEVEL = 10 ** (-27 / 20)
PIECES = 4


def flag(order: Order) -> Part:
    """A pole and a cloth of four pieces, a wave running through them."""
    rng, lane, seconds = order.rng, order.lane, order.seconds
    force = np.clip(wander(rng, seconds, rng.uniform(1.0, 1.8), -0.25, 1.0).values, 0, 1)
    depth, x, top = lane.depth, lane.x(rng.uniform(0.05, 0.6)), 0.8 + 0.45 * lane.depth
    colour = tuple(int(c) for c in rng.integers(40, 235, 3))
    phase = 2 * np.pi * integral(1.0 + 3.0 * force)
    actors = [Actor(plain("box", (110, 108, 104)), 0.02, top / 2, steady(x), steady(top / 2), depth)]
    half = min(0.11 * depth, (lane.x(1) - x) / (2 * PIECES + 0.1))  # stretched out it ends within its lane
    for i in range(PIECES):
        # Without wind the cloth hangs: its pieces come closer and lower.
        reach = (2 * i + 1) * half * (0.35 + 0.65 * force)
        sag = (i + 0.5) * half * 1.6 * (1 - force)
        wave = 0.09 * force * np.sin(phase - 1.2 * i) * (i + 1) / PIECES
        lean = Curve(0.5 * force * np.cos(phase - 1.2 * i))
        tint = tuple(int(c * (0.86 if i % 2 else 1.0)) for c in colour)
        place, height = Curve(x + reach), Curve(top - 0.14 - sag + wave)
        actors.append(Actor(plain("box", tint), half * 1.1, 0.17, place, height, depth, lean))
    level = Curve(WIND_LEVEL * force**1.1)
    flow = Flow("wind", "air", level, Curve(force), Curve(1.0 + 3.0 * force))
    middle = Curve(x + PIECES * half * (0.35 + 0.65 * force))  # of the pieces
    source = Source("flag", "air", middle, steady(top - 0.15), depth, flows=(flow,))
    return Part(
        tuple(actors), (source,), ("a flag flaps in the wind", "wind tugs at a flag", "a flag flutters")
    )
