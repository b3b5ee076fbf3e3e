"""Sprites onto frames: where a body is in each frame -> a patch [F, 4, P, P] of its sprite, blended over the
canvas."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

FAINTEST = 0.01


@dataclass(frozen=True, eq=False)
class Placement:
    """A body in each of F frames, in pixels, y down; all [F]."""

    x: np.ndarray
    y: np.ndarray
    half_width: np.ndarray  # negative: mirrored
    half_height: np.ndarray
    angle: np.ndarray  # radians, counter-clockwise
    opacity: np.ndarray

    def unturned(self) -> Placement:
        return replace(self, angle=np.zeros_like(self.angle))

    def only(self, which: np.ndarray) -> Placement:
        return Placement(
            self.x[which],
            self.y[which],
            self.half_width[which],
            self.half_height[which],
            self.angle[which],
            self.opacity[which],
        )

    @property
    def still(self) -> bool:
        """The same in every frame."""
        values = np.stack([self.x, self.y, self.half_width, self.half_height, self.angle, self.opacity])
        return bool((np.ptp(values, axis=1) < 1e-6).all())


def blend(canvas: np.ndarray, picture: Tensor, place: Placement) -> None:
    """Lays `picture` [4, S, S], premultiplied, over `canvas` [F, 3, H, W] in place."""
    height, width = canvas.shape[2:]
    reach = np.hypot(place.half_width, place.half_height) + 1
    seen = (place.opacity > FAINTEST) & (place.x > -reach) & (place.x < width + reach)
    seen &= (place.y > -reach) & (place.y < height + reach)
    frames = np.flatnonzero(seen)
    if not len(frames):
        return
    place = place.only(frames)
    if len(frames) == len(canvas) and place.still:
        patches, left, top = _patches(picture, place.only(np.array([0])))
        _over(canvas, patches[0], int(left[0]), int(top[0]))
        return
    patches, left, top = _patches(picture, place)
    for k, frame in enumerate(frames):
        _over(canvas[frame : frame + 1], patches[k], int(left[k]), int(top[k]))


def _over(frames: np.ndarray, patch: np.ndarray, left: int, top: int) -> None:
    """One patch over all of `frames`, cut at their edges."""
    y0, y1 = max(top, 0), min(top + patch.shape[1], frames.shape[2])
    x0, x1 = max(left, 0), min(left + patch.shape[2], frames.shape[3])
    if y0 < y1 and x0 < x1:
        under = frames[:, :, y0:y1, x0:x1]
        cut = patch[:, y0 - top : y1 - top, x0 - left : x1 - left]
        under *= 1 - cut[3]
        under += cut[:3]


def _patches(picture: Tensor, place: Placement) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patches [F, 4, rows, columns] and the pixel at which each begins."""
    wide, tall = np.abs(place.half_width), place.half_height
    turned = bool(np.abs(place.angle).max() > 1e-4)
    reach = np.hypot(wide, tall).max() if turned else 0.0
    columns = 2 * int(np.ceil(reach or wide.max())) + 2
    rows = 2 * int(np.ceil(reach or tall.max())) + 2
    left = np.round(place.x).astype(int) - columns // 2
    top = np.round(place.y).astype(int) - rows // 2
    right = (left - place.x)[:, None, None] + (np.arange(columns) + 0.5)[None, None, :]
    up = (place.y - top)[:, None, None] - (np.arange(rows) + 0.5)[None, :, None]
    cos, sin = np.cos(place.angle)[:, None, None], np.sin(place.angle)[:, None, None]
    grid = np.empty((len(place.x), rows, columns, 2), dtype=np.float32)
    grid[..., 0] = (cos * right + sin * up) / place.half_width[:, None, None]
    grid[..., 1] = -(cos * up - sin * right) / place.half_height[:, None, None]
    sampled = torch.nn.functional.grid_sample(
        picture.expand(len(place.x), -1, -1, -1), torch.from_numpy(grid), align_corners=False
    )
    sampled *= torch.from_numpy(place.opacity.astype(np.float32))[:, None, None, None]
    return sampled.numpy(), left, top
