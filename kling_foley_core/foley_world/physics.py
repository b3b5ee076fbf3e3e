"""Motion solved exactly between its events: a ball that bounces, balls on a line that collide.

Our choice: event-driven, never stepped, so that the instant of each contact is exact and energy can only
fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GRAVITY = 6.5  # world units / s^2: a unit is about 1.5 m


@dataclass(frozen=True, eq=False)
class Bounces:
    times: np.ndarray  # of each contact
    speeds: np.ndarray  # downwards, just before it
    rest: float  # when it stays down


def bounces(start: float, drop: float, restitution: float, slowest: float) -> Bounces:
    """A body let go at `start` from `drop` above its resting height, until it lands slower than `slowest`."""
    times, speeds = [], []
    time, speed = start + np.sqrt(2 * drop / GRAVITY), np.sqrt(2 * GRAVITY * drop)
    while speed >= slowest:
        times.append(time)
        speeds.append(speed)
        speed *= restitution
        time += 2 * speed / GRAVITY
    return Bounces(np.array(times), np.array(speeds), time)


def bounce_height(
    path: Bounces, start: float, drop: float, restitution: float, times: np.ndarray
) -> np.ndarray:
    """Height over the resting height at `times`."""
    height = drop - 0.5 * GRAVITY * np.clip(times - start, 0, None) ** 2
    which = np.searchsorted(path.times, times, side="right") - 1
    landed = which >= 0
    since = times[landed] - path.times[which[landed]]
    height[landed] = path.speeds[which[landed]] * restitution * since - 0.5 * GRAVITY * since**2
    height[times >= path.rest] = 0.0
    return np.maximum(height, 0.0)


@dataclass(frozen=True, eq=False)
class Contact:
    time: float
    first: int  # a ball
    second: int | None  # another, or a wall
    speed: float  # of approach


def collisions(
    x: np.ndarray,
    v: np.ndarray,
    radius: np.ndarray,
    mass: np.ndarray,
    walls: tuple[float, float],
    restitution: float,
    times: np.ndarray,
) -> tuple[np.ndarray, list[Contact]]:
    """Balls in order on a line between two walls: positions [balls, len(times)] and every contact up to the
    last time."""
    x, v = x.astype(float).copy(), v.astype(float).copy()
    paths = np.empty((len(x), len(times)))
    contacts: list[Contact] = []
    now, filled = 0.0, 0
    while True:
        step, first, second = _next_contact(x, v, radius, walls)
        until = min(now + step, times[-1] + 1.0)
        stop = int(np.searchsorted(times, until, side="left"))
        paths[:, filled:stop] = x[:, None] + v[:, None] * (times[filled:stop] - now)
        filled = stop
        if filled == len(times):
            return paths, contacts
        x, now = x + v * step, until
        if second is None:
            contacts.append(Contact(now, first, None, abs(v[first])))
            v[first] *= -restitution
        else:
            approach = v[first] - v[second]
            impulse = (1 + restitution) * approach / (1 / mass[first] + 1 / mass[second])
            v[first] -= impulse / mass[first]
            v[second] += impulse / mass[second]
            contacts.append(Contact(now, first, second, approach))


def _next_contact(
    x: np.ndarray, v: np.ndarray, radius: np.ndarray, walls: tuple[float, float]
) -> tuple[float, int, int | None]:
    """Seconds to the next contact and who meets; infinity when nobody does."""
    best: tuple[float, int, int | None] = (np.inf, 0, 0)
    for i in range(len(x) - 1):
        approach = v[i] - v[i + 1]
        if approach > 1e-9:
            gap = x[i + 1] - x[i] - radius[i] - radius[i + 1]
            best = min(best, (max(gap, 0.0) / approach, i, i + 1), key=lambda c: c[0])
    for i, wall, sign in ((0, walls[0], -1), (len(x) - 1, walls[1], 1)):
        if v[i] * sign > 1e-9:
            gap = (wall - x[i]) * sign - radius[i]
            best = min(best, (max(gap, 0.0) / abs(v[i]), i, None), key=lambda c: c[0])
    return best
