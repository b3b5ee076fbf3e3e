"""What things look like: a shape's name -> how it is drawn into a square sprite, coordinates -1..1, y up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from ..scene import Look
from .surfaces import OPACITY, grid, surface

DARK, PALE, IRON = (38, 34, 34), (236, 230, 218), (86, 90, 98)


class Pad:
    """A sprite in the making: RGB [S, S, 3] and coverage [S, S]."""

    def __init__(self, look: Look, size: int) -> None:
        self.look, self.size = look, size
        self.rgb = np.zeros((size, size, 3), dtype=np.float32)
        self.alpha = np.zeros((size, size), dtype=np.float32)
        self.own = surface(look.surface, look.colour, look.seed, size)

    def lay(self, mask: np.ndarray, colour: tuple[int, int, int] | None = None, alpha: float = 1.0) -> None:
        """Puts a colour, or the look's own surface, wherever `mask` is."""
        paint = self.own if colour is None else np.array(colour, dtype=np.float32) / 255
        self.rgb = np.where(mask[:, :, None] > 0, paint, self.rgb)
        self.alpha = np.maximum(self.alpha, mask * np.float32(alpha))

    def polygon(self, points: list[tuple[float, float]], colour: tuple[int, int, int] | None = None) -> None:
        image = Image.new("L", (self.size, self.size))
        ImageDraw.Draw(image).polygon([self._pixel(p) for p in points], fill=255)
        self.lay(np.asarray(image, dtype=np.float32) / 255, colour)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int] | None = None
    ) -> None:
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def disc(
        self,
        x0: float,
        y0: float,
        rx: float,
        ry: float,
        colour: tuple[int, int, int] | None = None,
        alpha: float = 1.0,
    ) -> None:
        x, y = grid(self.size)
        self.lay(((((x - x0) / rx) ** 2 + ((y - y0) / ry) ** 2) < 1).astype(np.float32), colour, alpha)

    def _pixel(self, point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] + 1) / 2 * self.size - 0.5, (1 - point[1]) / 2 * self.size - 0.5


def _darker(colour: tuple[int, int, int], factor: float) -> tuple[int, int, int]:
    return tuple(int(min(255, c * factor)) for c in colour)


def _ball(pad: Pad) -> None:
    opacity = OPACITY.get(pad.look.surface, 1.0)
    if opacity < 1:
        pad.disc(0, 0, 0.94, 0.94, _darker(pad.look.colour, 1.2), 0.9)
        pad.alpha[:] = 0
        x, y = grid(pad.size)
        away = np.sqrt(x**2 + y**2)
        pad.alpha = np.where(away < 0.94, opacity + (0.95 - opacity) * (away > 0.8), 0).astype(np.float32)
        inner = away < 0.8
        pad.rgb[inner] = pad.own[inner]
    else:
        pad.disc(0, 0, 0.94, 0.94)
    # A dark seam shows the turning, whatever the surface.
    x, y = grid(pad.size)
    pad.rgb[(np.abs(x + 0.0 * y) < 0.07) & (np.abs(y) < 0.8)] *= 0.5


def _box(pad: Pad) -> None:
    pad.box(-0.94, -0.94, 0.94, 0.94)
    pad.box(-0.94, 0.7, 0.94, 0.94, _darker(pad.look.colour, 1.18))


def _block(pad: Pad) -> None:
    pad.box(-0.94, -0.94, 0.94, 0.94)
    x, y = grid(pad.size)
    pad.rgb[np.broadcast_to(y > 0.72, pad.rgb.shape[:2])] *= 1.2
    pad.rgb[np.broadcast_to(x + 0 * y > 0.78, pad.rgb.shape[:2])] *= 0.7


def _anvil(pad: Pad) -> None:
    pad.polygon([(-0.95, 0.75), (-0.6, 0.35), (0.9, 0.35), (0.9, 0.94), (-0.5, 0.94)])
    pad.polygon([(-0.35, 0.4), (0.45, 0.4), (0.3, -0.5), (-0.2, -0.5)])
    pad.polygon([(-0.3, -0.4), (0.4, -0.4), (0.65, -0.94), (-0.55, -0.94)])


def _hammer(pad: Pad) -> None:
    pad.box(-0.85, -0.05, 0.0, 0.05, (150, 100, 56))
    pad.box(-0.97, 0.0, -0.75, 0.2)
    pad.box(-0.97, -0.02, -0.75, 0.06, _darker(pad.look.colour, 1.5))


def _stick(pad: Pad) -> None:
    pad.box(-0.9, -0.03, 0.0, 0.03)
    pad.disc(-0.87, 0.04, 0.08, 0.08)


def _mallet(pad: Pad) -> None:
    pad.box(-0.9, -0.025, 0.0, 0.025)
    pad.disc(-0.87, 0.1, 0.12, 0.12, (60, 60, 150))


def _bar(pad: Pad) -> None:
    """Of a xylophone, with its two pegs."""
    pad.box(-0.9, -0.96, 0.9, 0.96)
    pad.box(-0.9, 0.88, 0.9, 0.96, _darker(pad.look.colour, 1.3))
    for y in (-0.6, 0.6):
        pad.disc(0, y, 0.3, 0.07, DARK)


def _drum(pad: Pad) -> None:
    pad.box(-0.9, -0.6, 0.9, 0.7)
    pad.disc(0, -0.65, 0.9, 0.28)
    for x in (-0.6, 0.0, 0.6):
        pad.polygon([(x - 0.3, 0.6), (x - 0.22, 0.6), (x + 0.04, -0.8), (x - 0.04, -0.8)], PALE)
    pad.disc(0, 0.68, 0.94, 0.28, _darker(pad.look.colour, 0.6))
    pad.disc(0, 0.7, 0.86, 0.22, PALE)


def _bell(pad: Pad) -> None:
    """Hangs from the sprite's middle, about which it swings."""
    pad.disc(0, -0.85, 0.09, 0.1, DARK)
    pad.polygon(
        [
            (-0.08, 0),
            (0.08, 0),
            (0.22, -0.15),
            (0.28, -0.5),
            (0.48, -0.82),
            (-0.48, -0.82),
            (-0.28, -0.5),
            (-0.22, -0.15),
        ]
    )
    pad.polygon([(-0.12, -0.1), (-0.03, -0.1), (-0.1, -0.78), (-0.3, -0.78)], _darker(pad.look.colour, 1.3))
    pad.box(-0.48, -0.82, 0.48, -0.74, _darker(pad.look.colour, 0.7))


def _leg(pad: Pad) -> None:
    """Hangs from the hip in the sprite's middle; the foot points right."""
    pad.polygon([(-0.12, 0.0), (0.14, 0.0), (0.1, -0.82), (-0.08, -0.82)])
    pad.polygon([(-0.1, -0.8), (0.12, -0.8), (0.3, -0.93), (-0.1, -0.93)], DARK)


def _torso(pad: Pad) -> None:
    pad.polygon([(-0.5, 0.35), (0.5, 0.35), (0.4, -0.85), (-0.4, -0.85)])
    pad.disc(0, 0.66, 0.42, 0.28, (214, 170, 138))


def _barrel(pad: Pad) -> None:
    """Its round end, staves and hoop."""
    pad.disc(0, 0, 0.94, 0.94, (70, 72, 76))
    pad.disc(0, 0, 0.8, 0.8)
    for x in (-0.4, 0.0, 0.4):
        pad.box(x - 0.035, -0.68, x + 0.035, 0.68, DARK)
    pad.disc(0.45, 0.3, 0.1, 0.1, DARK)


def _wheel(pad: Pad) -> None:
    x, y = grid(pad.size)
    away = np.sqrt(x**2 + y**2)
    for spoke in range(5):
        turn = 2 * np.pi * spoke / 5
        along = x * np.cos(turn) + y * np.sin(turn)
        aside = np.abs(y * np.cos(turn) - x * np.sin(turn))
        # One spoke is red, so that the eye can follow whole turns.
        colour = (214, 52, 40) if spoke == 0 else None
        pad.lay(
            ((along > 0) & (away < 0.85) & (aside < (0.1 if spoke == 0 else 0.06))).astype(np.float32), colour
        )
    pad.lay(((away < 0.94) & (away > 0.76)).astype(np.float32))
    pad.disc(0, 0, 0.16, 0.16, DARK)


def _flywheel(pad: Pad) -> None:
    pad.disc(0, 0, 0.94, 0.94, IRON)
    x, y = grid(pad.size)
    pad.lay(((np.abs(np.arctan2(y, x)) < 0.45) & (x**2 + y**2 < 0.78**2)).astype(np.float32), (226, 186, 50))
    pad.disc(-0.45, 0.3, 0.18, 0.18, DARK)
    pad.disc(-0.45, -0.3, 0.18, 0.18, DARK)
    pad.disc(0, 0, 0.2, 0.2, (190, 190, 196))


def _bottle(pad: Pad) -> None:
    pad.polygon(
        [
            (-0.5, -0.94),
            (0.5, -0.94),
            (0.5, 0.1),
            (0.17, 0.45),
            (0.17, 0.94),
            (-0.17, 0.94),
            (-0.17, 0.45),
            (-0.5, 0.1),
        ]
    )
    pad.polygon([(-0.38, -0.85), (-0.22, -0.85), (-0.22, 0.1), (-0.38, 0.05)], (240, 250, 252))
    pad.alpha *= 0.8


def _pot(pad: Pad) -> None:
    pad.disc(0, -0.2, 0.8, 0.7)
    pad.box(-0.4, 0.3, 0.4, 0.8)
    pad.box(-0.55, 0.7, 0.55, 0.92, _darker(pad.look.colour, 0.8))
    pad.disc(-0.35, 0.0, 0.14, 0.2, _darker(pad.look.colour, 1.3))


def _jar(pad: Pad) -> None:
    pad.box(-0.6, -0.94, 0.6, 0.7)
    pad.box(-0.45, 0.65, 0.45, 0.94, _darker(pad.look.colour, 0.85))
    pad.box(-0.5, -0.9, -0.3, 0.6, _darker(pad.look.colour, 1.15))


def _shard(pad: Pad) -> None:
    rng = np.random.default_rng(pad.look.seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 3)) + np.array([0, 0.8, 1.6])
    pad.polygon([(0.92 * np.cos(t), 0.92 * np.sin(t)) for t in turns])


def _pool(pad: Pad) -> None:
    pad.disc(0, 0, 0.96, 0.92, _darker(pad.look.colour, 0.65))
    pad.disc(0, 0.05, 0.88, 0.78)
    pad.disc(-0.3, 0.3, 0.3, 0.12, _darker(pad.look.colour, 1.35))


def _tap(pad: Pad) -> None:
    pad.box(-0.2, -0.2, 0.9, 0.25)
    pad.box(-0.25, -0.9, 0.2, 0.25)
    pad.box(0.2, 0.2, 0.4, 0.7, _darker(pad.look.colour, 0.7))
    pad.box(0.0, 0.6, 0.6, 0.8, (180, 50, 44))


def _drop(pad: Pad) -> None:
    pad.disc(0, -0.25, 0.6, 0.65)
    pad.polygon([(-0.52, 0.0), (0.52, 0.0), (0, 0.95)])
    pad.disc(-0.2, -0.2, 0.16, 0.22, (255, 255, 255))


def _ring(pad: Pad) -> None:
    x, y = grid(pad.size)
    away = x**2 + y**2
    pad.lay(((away < 0.9) & (away > 0.62)).astype(np.float32))


def _roof(pad: Pad) -> None:
    x, y = grid(pad.size)
    pad.box(-0.98, -0.8, 0.98, 0.5)
    ribs = 1.0 + 0.28 * np.sin(70 * x + 0 * y)
    pad.rgb *= np.broadcast_to(ribs, pad.rgb.shape[:2])[:, :, None]


def _leaves(pad: Pad) -> None:
    rng = np.random.default_rng(pad.look.seed)
    for x, y, size, tint in zip(
        np.linspace(-0.9, 0.9, 30),
        rng.uniform(-0.4, 0.35, 30),
        rng.uniform(0.3, 0.5, 30),
        rng.uniform(0.7, 1.3, 30),
        strict=True,
    ):
        pad.disc(x, y, 0.08, size, _darker(pad.look.colour, tint))


def _balloon(pad: Pad) -> None:
    pad.box(-0.02, -0.96, 0.02, -0.2, DARK)
    pad.disc(0, 0.3, 0.9, 0.62)
    pad.disc(-0.3, 0.5, 0.18, 0.14, _darker(pad.look.colour, 1.5))


def _blur(pad: Pad) -> None:
    x, y = grid(pad.size)
    pad.lay(np.ones((pad.size, pad.size), dtype=np.float32))
    pad.alpha = np.clip(1.25 * (1 - x**2 - y**2), 0, 1).astype(np.float32)


def _moth(pad: Pad) -> None:
    pad.disc(-0.5, 0.2, 0.45, 0.55)
    pad.disc(0.5, 0.2, 0.45, 0.55)
    pad.box(-0.1, -0.7, 0.1, 0.7, DARK)


def _star(pad: Pad) -> None:
    turns = np.arange(10) * np.pi / 5 + np.pi / 2
    pad.polygon(
        [
            ((0.95 - 0.5 * (i % 2)) * np.cos(t), (0.95 - 0.5 * (i % 2)) * np.sin(t))
            for i, t in enumerate(turns)
        ]
    )


def _lamp(pad: Pad) -> None:
    pad.disc(0, 0, 0.7, 0.7)
    pad.box(-0.3, 0.6, 0.3, 0.95, DARK)


SHAPES: dict[str, Callable[[Pad], None]] = {
    "ball": _ball,
    "box": _box,
    "block": _block,
    "anvil": _anvil,
    "hammer": _hammer,
    "stick": _stick,
    "mallet": _mallet,
    "bar": _bar,
    "drum": _drum,
    "bell": _bell,
    "leg": _leg,
    "torso": _torso,
    "barrel": _barrel,
    "wheel": _wheel,
    "flywheel": _flywheel,
    "bottle": _bottle,
    "pot": _pot,
    "jar": _jar,
    "shard": _shard,
    "pool": _pool,
    "tap": _tap,
    "drop": _drop,
    "ring": _ring,
    "roof": _roof,
    "leaves": _leaves,
    "balloon": _balloon,
    "blur": _blur,
    "moth": _moth,
    "star": _star,
    "lamp": _lamp,
}
