"""One family's share of a scene: what it shows, sounds and says, and the lane of the picture that it
fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .materials import Material
from .scene import Actor, Colour, Look, Override, Rainfall, Source

LOUDEST = 10 ** (-17 / 20)  # RMS of the hardest hit's first 50 ms: leaves room for its peak and for others
LAST = 0.25  # seconds before a scene's end in which nothing new begins
NEUTRAL = "neutral"
NEUTRAL_GREY: Colour = (158, 156, 152)
SURFACE_COLOURS: dict[str, tuple[Colour, ...]] = {
    "metal": ((150, 160, 175), (175, 180, 186), (120, 130, 150)),
    "wood": ((168, 112, 60), (190, 138, 84), (134, 84, 44)),
    "glass": ((150, 210, 225), (165, 225, 200), (190, 205, 240)),
    "rubber": ((215, 50, 45), (235, 120, 30), (40, 140, 70), (190, 40, 120)),
    "stone": ((92, 90, 88), (108, 100, 92), (78, 84, 92)),
    "clay": ((186, 92, 58), (172, 80, 62)),
}


@dataclass(frozen=True)
class Lane:
    """A stretch of the picture, -1..1, at a depth."""

    left: float
    right: float
    depth: float

    def x(self, share: float) -> float:
        """World x at 0 (left end) .. 1 (right end)."""
        return (self.left + share * (self.right - self.left)) * self.depth

    @property
    def wide(self) -> bool:
        return self.right - self.left > 1.2


@dataclass(frozen=True, eq=False)
class Part:
    actors: tuple[Actor, ...]
    sources: tuple[Source, ...]
    phrases: tuple[str, ...]  # each says the same thing, with the hidden word if there is one
    rainfalls: tuple[Rainfall, ...] = ()
    override: Override | None = None
    ground: str | None = None  # the floor this part needs


@dataclass(frozen=True)
class Order:
    """What a family is asked for."""

    rng: np.random.Generator
    lane: Lane
    seconds: float
    neutral: bool  # hide a material behind the neutral look, where the family can


Builder = Callable[[Order], Part]


def impact_level(speed: float, top_speed: float) -> float:
    """Louder a little faster than the speed grows (10 dB over a factor of three), our choice."""
    return LOUDEST * min(speed / top_speed, 1.0) ** 1.1


def paint(order: Order, shape: str, material: Material) -> Look:
    """The look of a body of `material`: its own, or the neutral one that only a word can tell."""
    rng = order.rng
    seed = int(rng.integers(1 << 31))
    if order.neutral:
        return Look(shape, NEUTRAL, NEUTRAL_GREY, seed)
    colours = SURFACE_COLOURS[material.name]
    shade = rng.uniform(0.85, 1.12)
    colour = colours[rng.integers(len(colours))]
    return Look(shape, material.name, tuple(int(min(255, c * shade)) for c in colour), seed)


def plain(shape: str, colour: Colour, seed: int = 0) -> Look:
    """A look without a material of its own."""
    return Look(shape, "flat", colour, seed)


def spread_times(
    rng: np.random.Generator, seconds: float, first: float, gap: tuple[float, float]
) -> np.ndarray:
    """Instants from about `first` to shortly before the end, each `gap` after the last; always one of them,
    however short the scene."""
    gaps = rng.uniform(*gap, int(seconds / gap[0]) + 2)
    start = min(first + rng.uniform(0, gap[1] / 2), seconds - LAST)
    times = start + np.cumsum(gaps) - gaps[0]
    return times[times <= seconds - LAST]


def slots(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` places over a lane, 0..1, apart from each other and in random order."""
    places = (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count
    return rng.permutation(places)
