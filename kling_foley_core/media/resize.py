"""Brings frames to a view's size: bicubic with antialiasing on uint8, stretched or cut to the centre.

uint8 [N, 3, H, W] -> uint8 [N, 3, size, size]. Source: MMAudio's preprocessing, i.e. Pillow's bicubic kernel
(a = -0.5, widened when shrinking) with results rounded to uint8; without antialiasing torch uses another
kernel and no widening.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .views import FrameView


def resize_view(frames: Tensor, view: FrameView) -> Tensor:
    """uint8 [N, 3, H, W] -> uint8 [N, 3, size, size]."""
    if view.fit == "stretch":
        return bicubic(frames, view.size, view.size)
    height, width = frames.shape[-2:]
    if height <= width:
        frames = bicubic(frames, view.size, int(view.size * width / height))
    else:
        frames = bicubic(frames, int(view.size * height / width), view.size)
    top = round((frames.shape[-2] - view.size) / 2)
    left = round((frames.shape[-1] - view.size) / 2)
    return frames[..., top : top + view.size, left : left + view.size]


def letterboxed(frames: Tensor, height: int, width: int) -> Tensor:
    """uint8 [N, 3, H, W] with black bars so that H : W is height : width."""
    high, wide = frames.shape[-2:]
    rows = max(round(wide * height / width) - high, 0)
    columns = max(round(high * width / height) - wide, 0)
    return F.pad(frames, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))


def bicubic(frames: Tensor, height: int, width: int) -> Tensor:
    if tuple(frames.shape[-2:]) == (height, width):
        return frames
    return F.interpolate(frames, size=(height, width), mode="bicubic", align_corners=False, antialias=True)
