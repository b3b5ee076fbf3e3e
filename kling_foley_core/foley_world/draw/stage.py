"""The background as one picture of the world's plane, [3, R, R] float32 0..255 over -EXTENT..EXTENT, y down.

The floor is seen in perspective: a row y shows depth EYE_HEIGHT / (HORIZON - y). Made at one fixed size
whatever is rendered, so that every size and rate shows the same wall.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..scene import EYE_HEIGHT, HORIZON, Stage

EXTENT, SIDE = 2.4, 480
BACK = 2.4  # depth of the wall's foot
FLOORS = {
    "wood": (150, 108, 68),
    "stone": (150, 150, 152),
    "gravel": (140, 130, 116),
    "grass": (86, 132, 62),
    "water": (120, 116, 108),
}


def backdrop(stage: Stage) -> Tensor:
    rng = np.random.default_rng(stage.seed)
    at = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1) * EXTENT
    x, y = at[None, :], -at[:, None]
    foot = int(np.searchsorted(-y[:, 0], -(HORIZON - EYE_HEIGHT / BACK)))
    picture = np.empty((3, SIDE, SIDE), dtype=np.float32)
    picture[:, :foot] = _wall(stage, rng, x, y[:foot])
    picture[:, foot:] = _floor(stage, rng, x, y[foot:])
    picture[:, foot - 2 : foot + 2] *= 0.7
    return torch.from_numpy(picture)


def _wall(stage: Stage, rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    shade = 1.0 + 0.06 * y + 0.1 * _soft_noise(rng, len(y), 12) + 0.03 * _grain(rng, len(y))
    size = rng.uniform(0.25, 0.6)
    if stage.pattern == "stripes":
        shade = shade * np.where(np.mod(x / size, 1.0) < 0.5, 1.0, 0.86)
    elif stage.pattern == "bricks":
        row = np.floor(y / (size * 0.4))
        joint = (np.mod(y / (size * 0.4), 1.0) < 0.12) | (np.mod(x / size + 0.5 * np.mod(row, 2), 1.0) < 0.05)
        shade = shade * np.where(joint, 0.78, 1.0)
    elif stage.pattern == "dots":
        shade = shade * np.where(
            (np.mod(x / size, 1) - 0.5) ** 2 + (np.mod(y / size, 1) - 0.5) ** 2 < 0.06, 1.15, 1.0
        )
    elif stage.pattern == "clouds":
        shade = shade * (1.0 + 0.3 * _soft_noise(rng, len(y), 40))
    colour = np.array(stage.wall, dtype=np.float32)[:, None, None]
    wall = colour * shade
    if stage.pattern == "window":
        left, low = rng.uniform(-1.0, 0.3), rng.uniform(0.2, 0.4)
        pane = (x > left) & (x < left + 0.6) & (y > low) & (y < low + 0.5)
        bars = pane & ((np.abs(x - left - 0.3) < 0.02) | (np.abs(y - low - 0.25) < 0.02))
        sky = np.array((196, 214, 232), dtype=np.float32)[:, None, None]
        wall = np.where(pane & ~bars, sky, np.where(bars, 90.0, wall))
    return wall.clip(0, 255)


def _floor(stage: Stage, rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    depth = EYE_HEIGHT / np.maximum(HORIZON - y, 0.05)
    across = x * depth
    base = np.array(FLOORS[stage.ground], dtype=np.float32)[:, None, None] * np.float32(
        rng.uniform(0.85, 1.1)
    )
    shade = 1.15 - 0.12 * depth + 0.05 * _soft_noise(rng, len(y), 24)
    if stage.ground == "wood":
        plank = np.floor(across * 5)
        shade = shade * (1 + 0.09 * np.sin(plank * 12.9)) * np.where(np.mod(across * 5, 1) < 0.06, 0.7, 1.0)
        shade = shade + 0.03 * _grain(rng, len(y))
    elif stage.ground == "stone":
        tile = np.mod(np.floor(across * 3) + np.floor(depth * 6), 2)
        shade = shade * (0.82 + 0.3 * tile)
    elif stage.ground == "gravel":
        shade = shade * (1 + 0.28 * _grain(rng, len(y)))
    elif stage.ground == "grass":
        blades = np.repeat(_grain(rng, len(y))[::3], 3, axis=0)[: len(y)]
        shade = shade * (1 + 0.25 * blades)
    else:
        puddle = _soft_noise(rng, len(y), 30) + 0.5 > 0
        blue = np.array((104, 142, 180), dtype=np.float32)[:, None, None]
        base = np.where(puddle, blue, base)
        shade = shade + 0.1 * puddle * (np.sin(60 * y) > 0.7)
    return (base * shade).clip(0, 255)


def _grain(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.standard_normal((rows, SIDE), dtype=np.float32)


def _soft_noise(rng: np.random.Generator, rows: int, cell: int) -> np.ndarray:
    """Noise in blobs of about `cell` pixels, roughly -1..1."""
    coarse = torch.from_numpy(
        rng.uniform(-1, 1, (1, 1, rows // cell + 3, SIDE // cell + 3)).astype(np.float32)
    )
    return torch.nn.functional.interpolate(coarse, (rows, SIDE), mode="bilinear", align_corners=True)[
        0, 0
    ].numpy()
