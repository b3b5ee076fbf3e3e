"""Things that sound as long as they move: a barrel or ball that rolls, a block that is dragged."""

from __future__ import annotations

import numpy as np

from ..curve import CURVE_RATE, Curve, steady, time_grid
from ..materials import MATERIALS
from ..part import Order, Part, paint
from ..scene import Actor, Flow, Override, Source

ROLL_MATERIALS = ("metal", "wood", "glass", "stone")
SCRAPE_MATERIALS = ("metal", "wood", "stone")
FLOW_LEVEL = 10 ** (-26 / 20)
TOP_SPEED = 1.1


def _path(order: Order, inset: float, hold: float) -> tuple[np.ndarray, np.ndarray]:
    """Back and forth in the lane with pauses: x and speed on the time grid."""
    rng, lane, grid = order.rng, order.lane, time_grid(order.seconds)
    every = rng.uniform(0.8, 1.3)
    knots = rng.uniform(0, 1, int(order.seconds / every) + 3)
    for i in range(1, len(knots)):
        if rng.uniform() < hold:
            knots[i] = knots[i - 1]
        elif abs(knots[i] - knots[i - 1]) < 0.25:
            knots[i] = (knots[i - 1] + 0.5) % 1.0
    place = grid / every + rng.uniform()
    low = place.astype(int)
    share = 0.5 - 0.5 * np.cos(np.pi * (place - low))
    left, right = lane.x(0) + inset, lane.x(1) - inset
    x = left + (right - left) * (knots[low] * (1 - share) + knots[low + 1] * share)
    return x, np.gradient(x) * CURVE_RATE


def roll(order: Order) -> Part:
    """Loudness and brightness follow the speed; the roughness comes round with each turn."""
    rng = order.rng
    material = MATERIALS[str(rng.choice(ROLL_MATERIALS))]
    radius = rng.uniform(0.16, 0.25)
    x, speed = _path(order, radius, hold=0.3)
    share = np.clip(np.abs(speed) / TOP_SPEED, 0, 1)
    flow = Flow(
        "roll",
        material.name,
        Curve(FLOW_LEVEL * share),
        Curve(share),
        Curve(np.abs(speed) / (2 * np.pi * radius)),
    )
    shape = "barrel" if material.name == "wood" and not order.neutral else "ball"
    height = steady(radius)
    actor = Actor(
        paint(order, shape, material),
        radius,
        radius,
        Curve(x),
        height,
        order.lane.depth,
        Curve(-x / radius),
        shadow=True,
        gloss=True,
    )
    source = Source("roller", material.name, Curve(x), height, order.lane.depth, flows=(flow,))
    word, thing = material.words[0], "barrel" if shape == "barrel" else "ball"
    if order.neutral:
        phrases = (f"a grey {word} ball rolls to and fro", f"the grey ball that rolls is {word}")
    else:
        phrases = (f"a {word} {thing} rolls over the floor", f"a {word} {thing} rolls back and forth")
    override = Override("roller", material.name, word) if order.neutral else None
    return Part((actor,), (source,), phrases, override=override)


def scrape(order: Order) -> Part:
    """A block dragged over the floor: stick and slip, faster with the speed."""
    rng = order.rng
    material = MATERIALS[str(rng.choice(SCRAPE_MATERIALS))]
    size = rng.uniform(0.16, 0.25)
    x, speed = _path(order, size * 1.3, hold=0.35)
    share = np.clip(np.abs(speed) / TOP_SPEED, 0, 1)
    flow = Flow(
        "scrape", material.name, Curve(FLOW_LEVEL * share**0.8), Curve(share), Curve(14 + 45 * np.abs(speed))
    )
    height = steady(size)
    look = paint(order, "block", material)
    actor = Actor(look, size * 1.2, size, Curve(x), height, order.lane.depth, shadow=True)
    source = Source("scraper", material.name, Curve(x), height, order.lane.depth, flows=(flow,))
    word = material.words[0]
    if order.neutral:
        phrases = (f"a grey {word} block is dragged", f"the grey block that scrapes along is {word}")
    else:
        phrases = (f"a {word} block is dragged over the floor", f"{material.words[-1]} scrapes on the floor")
    override = Override("scraper", material.name, word) if order.neutral else None
    return Part((actor,), (source,), phrases, override=override)
