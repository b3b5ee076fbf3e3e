"""What surrounds a scene: camera, light, background, the ambience that is only heard, the room."""

from __future__ import annotations

import numpy as np

from .curve import Curve, steady, time_grid, wander
from .scene import Ambience, Camera, Fade, Light, Stage

AMBIENCES = ("rain", "traffic", "crickets", "wind", "crowd", "birds", "machine")
ROOMS = ("dry", "room", "hall", "outside")
ROOM_ODDS = (0.4, 0.2, 0.25, 0.15)
PATTERNS = ("plain", "stripes", "bricks", "window", "dots", "clouds")
GROUNDS = ("wood", "stone", "gravel", "grass")
WINDS_DOWN = "machine"
FADE_SHARE = 0.25


def camera(rng: np.random.Generator, seconds: float) -> Camera:
    """Still, panning, zooming, or held by hand."""
    kind = rng.choice(["still", "pan", "zoom", "hand"], p=[0.3, 0.25, 0.2, 0.25])
    x, y, zoom = steady(rng.uniform(-0.05, 0.05)), steady(0.0), steady(1.0)
    if kind == "pan":
        x = wander(rng, seconds, rng.uniform(2.0, 4.0), -0.16, 0.16)
        y = wander(rng, seconds, rng.uniform(2.0, 4.0), -0.06, 0.06)
    elif kind == "zoom":
        zoom = wander(rng, seconds, rng.uniform(2.5, 5.0), 0.88, 1.1)
    elif kind == "hand":
        shake = [wander(rng, seconds, every, -1, 1).values for every in (0.16, 0.5, 0.16, 0.5)]
        size = rng.uniform(0.006, 0.02)
        x = Curve(size * (shake[0] * 0.5 + 2 * shake[1]))
        y = Curve(size * (shake[2] * 0.5 + 2 * shake[3]))
    return Camera(x, y, zoom)


def light(rng: np.random.Generator, seconds: float) -> Light:
    """Drifts slowly, as clouds do."""
    middle, drift = rng.uniform(0.75, 1.08), rng.uniform(0.0, 0.14)
    level = wander(rng, seconds, rng.uniform(1.0, 3.0), middle - drift, middle + drift)
    return Light(level, float(rng.uniform(-1, 1)), float(rng.choice([1.0, 3.0, 6.0, 9.0])))


def stage(rng: np.random.Generator, ground: str | None) -> Stage:
    """Wall and floor; `ground` when a part needs one."""
    wall = tuple(int(c) for c in rng.uniform(70, 215) + rng.uniform(-30, 30, 3))
    return Stage(
        wall, str(rng.choice(PATTERNS)), ground or str(rng.choice(GROUNDS)), int(rng.integers(1 << 31))
    )


def ambience(
    rng: np.random.Generator, seconds: float, chance: float, taken: frozenset[str]
) -> tuple[Ambience | None, Fade | None]:
    """Something off screen, not of a kind that is seen as well, and how the scene's length ends it."""
    kind = str(rng.choice([k for k in AMBIENCES if k not in taken]))
    loud = 10 ** (rng.uniform(-40, -34) / 20)
    if rng.uniform() >= chance:
        return None, None
    grid = time_grid(seconds)
    if kind == WINDS_DOWN:
        share = grid / seconds
        return Ambience(kind, Curve(loud * 10 ** (-share)), Curve(1 - 0.55 * share)), Fade(
            "whole", 0.0, seconds
        )
    start = seconds * (1 - FADE_SHARE)
    level = loud * np.clip((seconds - grid) / (seconds - start), 0, 1)
    return Ambience(kind, Curve(level), steady(1.0)), Fade("end", start, seconds)


def room(rng: np.random.Generator) -> str:
    return str(rng.choice(ROOMS, p=ROOM_ODDS))
