"""Things that move and make no sound, so that neither brightness nor motion alone says when something is
heard."""

from __future__ import annotations

import numpy as np

from .curve import CURVE_RATE, Curve, keyed, steady, time_grid, wander
from .part import SURFACE_COLOURS, plain
from .physics import GRAVITY
from .scene import Actor, Look

BLINK = 0.16  # how much a lamp adds to the light of the whole picture


def balloon(rng: np.random.Generator, seconds: float) -> Actor:
    """Drifts and bobs; never touches anything."""
    size = rng.uniform(0.09, 0.15)
    colour = tuple(int(c) for c in rng.integers(70, 240, 3))
    x, height = wander(rng, seconds, 1.6, -0.9, 0.9), wander(rng, seconds, 1.3, 0.5, 1.5)
    return Actor(plain("balloon", colour), size, size * 1.5, x, height, 1.02)


def ghost(rng: np.random.Generator, seconds: float) -> Actor:
    """A pale see-through ball that falls like a ball, and on through the floor."""
    grid, radius = time_grid(seconds), rng.uniform(0.08, 0.15)
    period, wait = rng.uniform(1.3, 2.4), rng.uniform(0, 1.0)
    turn = np.floor((grid + wait) / period).astype(int)
    since = np.mod(grid + wait, period)
    places = rng.uniform(-0.85, 0.85, turn[-1] + 1)
    height = rng.uniform(1.0, 1.7) - 0.5 * GRAVITY * np.clip(since - 0.35, 0, None) ** 2
    surface = str(rng.choice(["metal", "rubber", "stone", "wood"]))
    look = Look("ball", surface, SURFACE_COLOURS[surface][0], int(rng.integers(1 << 31)))
    opacity = Curve(0.45 * np.clip(since / 0.2, 0, 1))
    return Actor(look, radius, radius, Curve(places[turn]), Curve(height), 1.01, opacity=opacity, gloss=True)


def shade(rng: np.random.Generator, seconds: float) -> Actor:
    """The shadow of something outside the picture, passing over everything."""
    speed, start = rng.uniform(0.4, 1.4), rng.uniform(-3, 0)
    x = Curve(np.mod(start + speed * time_grid(seconds) + 2.0, 4.0) - 2.0)
    size = rng.uniform(0.4, 0.8)
    return Actor(plain("blur", (8, 8, 14)), size, size * 1.4, x, steady(0.8), 1.0, opacity=steady(0.42))


def moth(rng: np.random.Generator, seconds: float) -> Actor:
    """Small, dark and quick, with sudden stops."""
    x, height = wander(rng, seconds, 0.35, -0.9, 0.9), wander(rng, seconds, 0.3, 0.1, 1.6)
    flutter = Curve(0.7 + 0.3 * np.sin(2 * np.pi * 9 * time_grid(seconds)))
    return Actor(plain("moth", (60, 52, 44)), 0.05, 0.05, x, height, 1.0, scale=flutter)


def hopper(rng: np.random.Generator, seconds: float) -> Actor:
    """A soft toy that hops like a ball in mid-air, turning round over nothing: contact without a sound has no
    floor."""
    grid, size = time_grid(seconds), rng.uniform(0.07, 0.11)
    hop, top = rng.uniform(0.5, 0.9), rng.uniform(0.7, 1.2)
    height = top + GRAVITY / 2 * ((hop / 2) ** 2 - (np.mod(grid, hop) - hop / 2) ** 2) * 0.5
    x = wander(rng, seconds, 2.0, -0.85, 0.85)
    look = plain("star", tuple(int(c) for c in rng.integers(90, 240, 3)))
    return Actor(look, size, size, x, Curve(height), 1.02, Curve(3.0 * np.sin(grid * 2)))


def lamp(rng: np.random.Generator, seconds: float) -> tuple[Actor, Actor, Curve]:
    """Its dark and its lit look, and how much it lights the picture over time."""
    keys, time, lit = [(0.0, 0.0, "jump")], 0.0, 0.0
    while time < seconds:
        time += rng.uniform(0.25, 1.4)
        lit = 1.0 - lit
        keys += [(time, keys[-1][1], "jump"), (time + 1 / CURVE_RATE, lit, "jump")]
    on = keyed(seconds, keys)
    x, height = steady(rng.uniform(-0.85, 0.85)), steady(rng.uniform(1.2, 1.55))
    seed = int(rng.integers(1 << 31))
    dark = Actor(plain("lamp", (90, 80, 60), seed), 0.09, 0.09, x, height, 1.6)
    bright = Actor(plain("lamp", (255, 240, 170), seed), 0.09, 0.09, x, height, 1.6, opacity=on)
    return dark, bright, Curve(1.0 + BLINK * on.values)


MOVERS = {"balloon": balloon, "ghost": ghost, "shade": shade, "moth": moth, "hopper": hopper}
LAMP = "lamp"
