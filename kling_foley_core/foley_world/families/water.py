"""Drops that fall into a pool, and rain that comes and goes over a roof, leaves or water."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, keyed, steady, time_grid, wander
from ..part import LOUDEST, Order, Part, plain, slots, spread_times
from ..physics import GRAVITY
from ..scene import Actor, Flow, Hit, Rainfall, Source

RAIN_LEVEL = 10 ** (-27 / 20)
ROOFS = {"metal": "a tin roof", "grass": "leaves", "water": "a pond"}
DROP_SHAPES = {"metal": "roof", "grass": "leaves", "water": "pool"}


def drops(order: Order) -> Part:
    """One to three taps; a large drop sounds low, a small one high."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 4)) if lane.wide else 1
    actors, sources = [], []
    for place in slots(rng, count):
        x, depth, tap = lane.x(0.08 + 0.84 * float(place)), lane.depth, rng.uniform(0.7, 1.25)
        size = rng.uniform(0.05, 0.1)
        fall = np.sqrt(2 * (tap - 0.08) / GRAVITY)
        times = spread_times(rng, order.seconds, fall + 0.3, (max(0.6, fall + 0.15), 1.8))
        hits = tuple(
            Hit(float(t), "drop", "water", size, LOUDEST * 0.7 * rng.uniform(0.5, 1.0), tap / 1.3)
            for t in times
        )
        pool = plain("pool", (62, 118, 160))
        actors.append(Actor(pool, 0.36, 0.11, steady(x), steady(0.04), depth))
        actors.append(Actor(plain("tap", (150, 154, 162)), 0.17, 0.17, steady(x), steady(tap + 0.15), depth))
        actors += [_falling_drop(order, size, x, tap, fall, times), _ripple(order, x, times)]
        sources.append(Source("drops", "water", steady(x), steady(0.08), depth, hits))
    one = ("water drips into a pool", "drops fall from a tap into water", "a tap drips")
    many = ("several taps drip", "drops fall into pools of water")
    return Part(tuple(actors), tuple(sources), one if count == 1 else many)


def _falling_drop(order: Order, size: float, x: float, tap: float, fall: float, times: np.ndarray) -> Actor:
    """One body for all drops: it swells at the tap, falls, and is gone in the water until the next."""
    grid = time_grid(order.seconds)
    coming = np.append(times, np.inf)[np.searchsorted(times, grid)]
    left = coming - grid  # seconds to the next landing
    since = np.clip(fall - left, 0, None)
    height = np.where(left <= fall, tap - 0.5 * GRAVITY * since**2, tap)
    swell = np.clip(1 - (left - fall) / 0.3, 0.0, 1.0)
    look = plain("drop", (190, 225, 245))
    return Actor(
        look,
        size,
        size,
        steady(x),
        Curve(height),
        order.lane.depth,
        opacity=Curve((swell > 0).astype(float)),
        scale=Curve(np.maximum(swell, 0.05)),
    )


def _ripple(order: Order, x: float, times: np.ndarray) -> Actor:
    """A ring that widens from each landing."""
    grid = time_grid(order.seconds)
    which = np.searchsorted(times, grid, side="right") - 1
    since = np.where(which >= 0, grid - times[np.maximum(which, 0)], np.inf)
    opacity = np.clip(1 - since / 0.45, 0, 1)
    scale = np.clip(0.15 + np.minimum(since, 1.0) * 2.0, 0, 1)
    look = plain("ring", (225, 240, 250))
    return Actor(
        look,
        0.33,
        0.09,
        steady(x),
        steady(0.05),
        order.lane.depth,
        opacity=Curve(opacity),
        scale=Curve(scale),
    )


def rain(order: Order) -> Part:
    """A shower that drifts over what it falls on; gusts make it thicker and louder."""
    rng, lane, seconds = order.rng, order.lane, order.seconds
    on = str(rng.choice(list(ROOFS)))
    keys, time = [(0.0, float(rng.choice([0.0, 0.6])), "ease")], 0.0
    while time < seconds:
        time += rng.uniform(0.4, 1.6)
        target = 0.0 if rng.uniform() < 0.25 else rng.uniform(0.3, 1.0)
        keys += [(time, keys[-1][1], "ease"), (time + rng.uniform(0.25, 0.8), target, "ease")]
        time = keys[-1][0]
    strength = keyed(seconds, keys)
    spread = rng.uniform(0.2, 0.3) * lane.depth
    x = wander(rng, seconds, 3.0, lane.x(0) + spread, lane.x(1) - spread)
    ground = 0.3 if on != "water" else 0.05
    fall = Rainfall(
        70,
        x,
        spread,
        lane.depth,
        strength,
        ground,
        float(rng.uniform(-0.12, 0.12)),
        int(rng.integers(1 << 31)),
    )
    colour = {"metal": (130, 136, 146), "grass": (70, 120, 56), "water": (62, 118, 160)}[on]
    middle, half = (lane.x(0) + lane.x(1)) / 2, (lane.x(1) - lane.x(0)) / 2
    tall = 0.09 if on == "water" else 0.16
    look = plain(DROP_SHAPES[on], colour, int(rng.integers(1 << 31)))
    under = Actor(look, half, tall, steady(middle), steady(ground - tall * 0.3), lane.depth + 0.02)
    level = Curve(RAIN_LEVEL * strength.values**0.8)
    flow = Flow("rain", on, level, strength, Curve(strength.values * 60))
    source = Source("rain", on, x, steady(ground), lane.depth, flows=(flow,))
    phrases = (f"rain falls on {ROOFS[on]}", f"a shower passes over {ROOFS[on]}", f"it rains on {ROOFS[on]}")
    return Part((under,), (source,), phrases, rainfalls=(fall,))
