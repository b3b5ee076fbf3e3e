"""Things that slide off a shelf, fall and break into shards."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, keyed, steady, time_grid
from ..materials import MATERIALS
from ..part import LOUDEST, Order, Part, paint, plain, slots
from ..physics import GRAVITY
from ..scene import Actor, Hit, Look, Override, Source

SHAPES = {"glass": "bottle", "clay": "pot"}
SHARDS = 6
RINGING = 0.8  # seconds in which shards still sound


def breaking(order: Order) -> Part:
    """One to three vessels, each on its own shelf until its time comes."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 4)) if lane.wide else 1
    name = str(rng.choice(list(SHAPES)))
    material = MATERIALS[name]
    falls = (np.arange(count) + rng.uniform(0.2, 0.7, count)) * (order.seconds - 1.6) / count + 0.3
    actors, sources = [], []
    for fall, place in zip(falls, slots(rng, count), strict=True):
        size = rng.uniform(0.17, 0.25)
        shelf = rng.uniform(0.6, 1.2)
        x, depth = lane.x(0.1 + 0.8 * float(place)), lane.depth
        landing = float(fall + np.sqrt(2 * shelf / GRAVITY))
        look = paint(order, "jar" if order.neutral else SHAPES[name], material)
        actors += _fallen(order, look, size, x, shelf, float(fall), landing)
        level = LOUDEST * (shelf / 1.2) ** 0.65
        hit = Hit(landing, "break", name, size, level, min(1.0, shelf / 1.2), lasts=RINGING)
        sources.append(Source("vessel", name, steady(x), steady(0.0), depth, (hit,)))
    word, thing = material.words[0], {"glass": "bottle", "clay": "pot"}[name]
    if order.neutral and count == 1:
        phrases = (f"a grey {word} jar falls and breaks", f"the grey jar that breaks is {word}")
    elif order.neutral:
        phrases = (f"grey {word} jars fall and break", f"the grey jars that break are {word}")
    elif count == 1:
        phrases = (f"a {word} {thing} falls and breaks", f"a {word} {thing} shatters on the floor")
    else:
        phrases = (f"{word} {thing}s fall and break", f"{word} {thing}s shatter one after another")
    override = Override("vessel", name, word) if order.neutral else None
    return Part(tuple(actors), tuple(sources), phrases, override=override)


def _fallen(
    order: Order, look: Look, size: float, x: float, shelf: float, fall: float, landing: float
) -> list[Actor]:
    """The shelf, the vessel until it lands, and its shards afterwards."""
    rng, depth, grid = order.rng, order.lane.depth, time_grid(order.seconds)
    board = Actor(plain("box", (64, 46, 36)), size * 1.5, 0.035, steady(x), steady(shelf - 0.035), depth)
    since = np.clip(grid - fall, 0, landing - fall)
    height = size + shelf - 0.5 * GRAVITY * since**2
    # It leans out towards the eye rather than sideways, so it falls in front of its shelf and stays at its x.
    tilt = Curve(rng.uniform(-1.5, 1.5) * (since / (landing - fall)) ** 2)
    whole = keyed(order.seconds, [(0.0, 1.0, "jump"), (landing, 0.0, "jump")])
    actors = [board, Actor(look, size, size, steady(x), Curve(height), depth, tilt, whole, shadow=True)]
    shown = keyed(order.seconds, [(0.0, 0.0, "jump"), (landing, 1.0, "jump")])
    piece = Look("shard", look.surface, look.colour, look.seed)
    after = np.clip(grid - landing, 0, None)
    for _ in range(SHARDS):
        up, aside, small = rng.uniform(0.6, 2.2), rng.uniform(-0.9, 0.9), size * rng.uniform(0.22, 0.45)
        flight = np.minimum(after, 2 * up / GRAVITY)
        path = x + aside * flight
        rise = small * 0.6 + np.maximum(up * flight - 0.5 * GRAVITY * flight**2, 0)
        turn = Curve(rng.uniform(-9, 9) * flight + rng.uniform(0, 6))
        actors.append(Actor(piece, small, small, Curve(path), Curve(rise), depth, turn, shown))
    return actors
