"""How materials look: a surface's name -> colour [S, S, 3] float32 0..1, and how light plays on a round body
of it.

Coordinates run -1..1 over the sprite, y up. All looks are ours, made to be told apart at 40 pixels.
"""

from __future__ import annotations

import numpy as np

from ..scene import Colour

OPACITY = {"glass": 0.55}
SHINE = {
    "metal": 0.95,
    "glass": 0.9,
    "wood": 0.25,
    "rubber": 0.15,
    "stone": 0.05,
    "clay": 0.12,
    "neutral": 0.3,
}


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """x [1, S] and y [S, 1] of pixel centres."""
    at = ((np.arange(size, dtype=np.float32) + 0.5) / size) * 2 - 1
    return at[None, :], -at[:, None]


def surface(kind: str, colour: Colour, seed: int, size: int) -> np.ndarray:
    base = np.array(colour, dtype=np.float32) / 255
    x, y = grid(size)
    shade = np.ones((size, size), dtype=np.float32)
    rng = np.random.default_rng(seed)
    if kind == "metal":
        rows = rng.standard_normal((size, 1), dtype=np.float32)
        shade = 0.85 + 0.3 * np.cos(3.5 * y + 0.8 * x) + 0.05 * rows + 0 * x
    elif kind == "wood":
        waves = 0.5 * np.sin(2.2 * y + rng.uniform(0, 6)) + 0.25 * np.sin(5 * y + rng.uniform(0, 6))
        shade = 0.86 + 0.24 * np.sin(13 * (x + 0.25 * waves))
    elif kind == "stone":
        coarse = np.kron(rng.standard_normal((9, 9)), np.ones((size // 9 + 1,) * 2))[:size, :size]
        shade = 1.0 + 0.16 * coarse + 0.22 * rng.standard_normal((size, size), dtype=np.float32)
    elif kind == "clay":
        shade = 0.95 + 0.12 * (np.sin(11 * y) > 0.55) + 0 * x
    elif kind == "glass":
        shade = 1.0 + 0.2 * (np.abs(x - y * 0.6 - 0.1) < 0.12)
    shade = np.broadcast_to(shade, (size, size)).astype(np.float32)
    painted = base * shade[:, :, None]
    if kind == "rubber":
        painted = np.where((np.abs(y + 0 * x) < 0.16)[:, :, None], np.float32(0.93), painted)
    return np.clip(painted, 0, 1)


def round_light(kind: str, side: float, size: int) -> np.ndarray:
    """The fixed light and shade over a ball: straight RGBA [S, S, 4]."""
    x, y = grid(size)
    inside = np.sqrt(np.clip(1 - (x / 0.94) ** 2 - (y / 0.94) ** 2, 0, 1))
    towards = 0.5 * side * x + 0.65 * y + 0.6 * inside
    dark = np.clip(0.75 - towards, 0, 1) * (0.3 if kind == "glass" else 0.6)
    shine = SHINE.get(kind, 0.2)
    spot = shine * np.exp(-((x - 0.35 * side) ** 2 + (y - 0.42) ** 2) / (0.035 if shine > 0.5 else 0.12))
    alpha = np.maximum(dark * (1 - spot), spot) * (inside > 0)
    tint = np.where(spot > 0.35 * dark, 1.0, 0.0)
    return np.stack([tint, tint, tint, alpha], axis=-1).astype(np.float32)
