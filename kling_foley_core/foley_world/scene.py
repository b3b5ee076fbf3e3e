"""What a scene is: bodies to see, sources to hear, and what surrounds them, as frozen data that renderers
read.

World units: 1 is half the picture's (shorter) side at depth 1. x runs right, height up from the floor, depth
>= 1 away from the eye. `Camera.project` gives picture coordinates, -1..1 over the square picture, y up. A
picture that is not square shows more world on its longer side, so the truth of x never depends on the size
rendered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .curve import Curve, steady

EYE_HEIGHT, HORIZON = 0.8, 0.1
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How a thing is drawn: a shape of draw/shapes.py in a surface of draw/surfaces.py."""

    shape: str
    surface: str
    colour: Colour
    seed: int


@dataclass(frozen=True, eq=False)
class Actor:
    """Something to see. Whether it makes a sound is no business of its own: see Source."""

    look: Look
    width: float  # half extents in world units
    tall: float
    x: Curve
    height: Curve  # of its centre over the floor
    depth: float
    angle: Curve = field(default_factory=lambda: steady(0.0))  # radians, counter-clockwise
    opacity: Curve = field(default_factory=lambda: steady(1.0))
    scale: Curve = field(default_factory=lambda: steady(1.0))
    shadow: bool = False
    gloss: bool = False  # a round body: light and shade stay where they are while the surface turns


@dataclass(frozen=True, eq=False)
class Rainfall:
    """Falling streaks: each of `count` is there while its own threshold lies under `strength`."""

    count: int
    x: Curve  # middle of the shower
    spread: float
    depth: float
    strength: Curve  # 0..1
    ground: float  # height at which drops end
    slant: float
    seed: int


@dataclass(frozen=True)
class Hit:
    """One short sound that begins at `time`."""

    time: float
    kind: str  # a recipe of sound/hits.py
    material: str
    size: float
    level: float  # RMS of its first 50 ms at depth 1
    hardness: float  # 0..1: the faster the impact, the brighter
    lasts: float = 0.0  # seconds of small sounds that belong to it (shards)


@dataclass(frozen=True, eq=False)
class Flow:
    """One continuous sound."""

    kind: str  # a recipe of sound/flows.py
    material: str
    level: Curve  # RMS at depth 1
    hardness: Curve  # 0..1: brightness
    hertz: Curve  # pitch, or rate of roughness


@dataclass(frozen=True, eq=False)
class Source:
    """Something to hear, where it is, and everything it sounds."""

    name: str
    material: str
    x: Curve
    height: Curve
    depth: float
    hits: tuple[Hit, ...] = ()
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True, eq=False)
class Camera:
    x: Curve
    y: Curve
    zoom: Curve

    def project(
        self, x: np.ndarray, height: np.ndarray, depth: float, times: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where a point of the world is in the picture at `times`."""
        zoom = self.zoom.at(times)
        level = HORIZON + (height - EYE_HEIGHT) / depth
        return (x / depth - self.x.at(times)) * zoom, (level - self.y.at(times)) * zoom


@dataclass(frozen=True, eq=False)
class Light:
    level: Curve  # of the whole picture, 1 = as painted
    side: float  # -1..1: where the light comes from
    noise: float  # the sensor's, in 8-bit steps


@dataclass(frozen=True)
class Stage:
    wall: Colour
    pattern: str  # of the wall
    ground: str  # of the floor
    seed: int


@dataclass(frozen=True, eq=False)
class Ambience:
    """What is heard but not seen; only the caption names it."""

    kind: str
    level: Curve  # RMS, its fade included
    pitch: Curve  # factor, for the kind that winds down


@dataclass(frozen=True)
class Fade:
    """How the ambience ends, which only the duration tells: over the last quarter, or over the whole
    length."""

    kind: str  # "end" | "whole"
    start: float
    end: float


@dataclass(frozen=True)
class Override:
    """A word that says what a neutral look hides."""

    source: str
    material: str
    word: str


@dataclass(frozen=True, eq=False)
class Scene:
    split: str
    seed: int
    seconds: float
    family: str
    families: tuple[str, ...]  # of its parts; equal to (family,) unless mixed
    actors: tuple[Actor, ...]
    rainfalls: tuple[Rainfall, ...]
    sources: tuple[Source, ...]
    camera: Camera
    light: Light
    stage: Stage
    ambience: Ambience | None
    fade: Fade | None
    room: str
    override: Override | None
    distractors: tuple[str, ...]
    caption: str
