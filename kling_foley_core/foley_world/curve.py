"""A quantity over the scene's time, sampled at 1 kHz: values [N] float64; one value means it never changes.

Our choice: motion is solved exactly (physics.py) and then sampled, so that pictures at any rate and sound at
any rate read the same curve. Linear interpolation at 1 kHz is off by under a tenth of a pixel for everything
that moves here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CURVE_RATE = 1000


@dataclass(frozen=True, eq=False)
class Curve:
    values: np.ndarray

    def at(self, times: np.ndarray | float) -> np.ndarray:
        """The values at `times` seconds; before the start and after the end the first and last value hold."""
        if len(self.values) == 1:
            return np.full(np.shape(times), self.values[0])
        place = np.clip(np.asarray(times) * CURVE_RATE, 0, len(self.values) - 1)
        low = np.minimum(place.astype(np.int64), len(self.values) - 2)
        part = place - low
        return self.values[low] * (1 - part) + self.values[low + 1] * part


def steady(value: float) -> Curve:
    """A quantity that never changes."""
    return Curve(np.array([float(value)]))


def time_grid(seconds: float) -> np.ndarray:
    """The instants at which curves hold their values, both ends included."""
    return np.arange(round(seconds * CURVE_RATE) + 1) / CURVE_RATE


def wander(rng: np.random.Generator, seconds: float, knot_seconds: float, low: float, high: float) -> Curve:
    """A smooth random walk between `low` and `high`: random knots joined by half cosines."""
    times = time_grid(seconds)
    knots = rng.uniform(low, high, int(seconds / knot_seconds) + 3)
    place = times / knot_seconds + rng.uniform(0, 1)
    left = place.astype(np.int64)
    part = 0.5 - 0.5 * np.cos(np.pi * (place - left))
    return Curve(knots[left] * (1 - part) + knots[left + 1] * part)


def integral(speed: np.ndarray, start: float = 0.0) -> np.ndarray:
    """What a speed sampled on the time grid adds up to, by the trapezoid rule."""
    steps = 0.5 * (speed[1:] + speed[:-1]) / CURVE_RATE
    return start + np.concatenate([[0.0], np.cumsum(steps)])


def keyed(seconds: float, keys: list[tuple[float, float, str]]) -> Curve:
    """Through (time, value, way) keys in order: "ease" arrives gently, "fall" arrives at full speed, "jump"
    at once."""
    times = time_grid(seconds)
    values = np.full(len(times), keys[0][1], dtype=np.float64)
    for (t0, v0, _), (t1, v1, way) in zip(keys[:-1], keys[1:], strict=True):
        a, b = np.searchsorted(times, (t0, t1))
        part = (times[a:b] - t0) / max(t1 - t0, 1e-9)
        shape = {"ease": 0.5 - 0.5 * np.cos(np.pi * part), "fall": part**2, "jump": np.zeros_like(part)}[way]
        values[a:b] = v0 + (v1 - v0) * shape
        values[b:] = v1
    return Curve(values)
