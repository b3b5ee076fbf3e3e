"""Someone who walks, stands and turns: a sound each time a foot comes down, by the ground that is seen."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, integral, keyed, steady, time_grid, wander
from ..part import LOUDEST, Order, Part, plain
from ..scene import Actor, Hit, Source

GROUNDS = {
    "wood": "a wooden floor",
    "gravel": "gravel",
    "grass": "grass",
    "stone": "stone tiles",
    "water": "a puddle",
}
STRIDE = 0.3


def steps(order: Order) -> Part:
    """A walker whose feet land when its legs are widest apart."""
    rng, lane, grid = order.rng, order.lane, time_grid(order.seconds)
    ground = str(rng.choice(list(GROUNDS)))
    build = rng.uniform(0.8, 1.15)
    pace = wander(rng, order.seconds, 2.0, 0.3, 0.75).values * _walking(rng, order.seconds).values
    strides = integral(pace) / (STRIDE * build) + 0.6
    x, heading = _there_and_back(strides * STRIDE * build, lane.x(0.08), lane.x(0.92), rng.uniform())
    landed = np.arange(1, int(strides[-1]) + 1)
    times = np.interp(landed, strides, grid)
    speeds = np.interp(times, grid, pace)
    hits = tuple(
        Hit(float(t), "step", ground, build, LOUDEST * 0.8 * (s / 0.75) ** 0.9, float(s / 0.75))
        for t, s in zip(times, speeds, strict=True)
        if s > 0.1 and t < order.seconds - 0.05
    )
    spread = 0.42 * np.cos(np.pi * strides)
    hip = 0.48 * build - 0.05 * build * np.abs(np.cos(np.pi * strides)) + 0.05
    path, colour = Curve(x), tuple(int(c) for c in rng.integers(30, 200, 3))
    trousers = tuple(int(c * 0.6) for c in colour)
    depth, leg = lane.depth, 0.52 * build
    actors = [
        Actor(
            plain("leg", trousers),
            leg * s,
            leg,
            path,
            Curve(hip),
            depth,
            Curve(s * spread * heading),
            shadow=s > 0,
        )
        for s in (-1, 1)
    ]
    trunk = Curve(hip + 0.3 * build)
    actors.append(Actor(plain("torso", colour), 0.22 * build, 0.36 * build, path, trunk, depth))
    source = Source("footsteps", ground, path, steady(0.0), depth, hits)
    where = GROUNDS[ground]
    phrases = (f"someone walks on {where}", f"footsteps sound on {where}", f"a person walks over {where}")
    return Part(tuple(actors), (source,), phrases, ground=ground)


def _walking(rng: np.random.Generator, seconds: float) -> Curve:
    """1 while walking, 0 while standing."""
    keys, time = [(0.0, float(rng.integers(2)), "ease")], 0.0
    while time < seconds:
        time += rng.uniform(1.2, 3.5)
        walks = 1.0 - keys[-1][1]
        keys += [(time, keys[-1][1], "ease"), (time + 0.25, walks, "ease")]
        time += 0.25
        if walks == 0.0:
            time -= 0.6  # stands for less time than it walks
    return keyed(seconds, keys)


def _there_and_back(
    way: np.ndarray, left: float, right: float, start: float
) -> tuple[np.ndarray, np.ndarray]:
    """Distance walked -> x between two ends, and the heading (1 to the right)."""
    length = right - left
    phase = np.mod(way / length + 2 * start, 2.0)
    return left + length * np.where(phase < 1, phase, 2 - phase), np.where(phase < 1, 1.0, -1.0)
