"""A look -> its sprite: premultiplied RGBA [4, S, S] float32 0..255, drawn large and averaged down to the
size needed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..scene import Look
from .shapes import SHAPES, Pad
from .surfaces import round_light

SUPERSAMPLING = 3
SIZES = (16, 24, 32, 48, 64, 96, 128, 192, 256)


def sprite(look: Look, pixels: float) -> Tensor:
    """The sprite at least as large as it will be on the screen, from a few sizes."""
    size = next((s for s in SIZES if s >= pixels), SIZES[-1])
    pad = Pad(look, size * SUPERSAMPLING)
    SHAPES[look.shape](pad)
    return _shrunk(np.clip(pad.rgb, 0, 1), pad.alpha, size)


def gloss_sprite(look: Look, side: float, pixels: float) -> Tensor:
    """Light and shade over a round body, which stay while it turns."""
    size = next((s for s in SIZES if s >= pixels), SIZES[-1])
    painted = round_light(look.surface, side, size * SUPERSAMPLING)
    return _shrunk(painted[..., :3], painted[..., 3], size)


def _shrunk(rgb: np.ndarray, alpha: np.ndarray, size: int) -> Tensor:
    whole = np.concatenate([rgb * alpha[:, :, None] * 255, alpha[:, :, None]], axis=-1)
    blocks = whole.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 4).mean((1, 3))
    return torch.from_numpy(np.ascontiguousarray(blocks.transpose(2, 0, 1), dtype=np.float32))
