"""Makes an encoder's views from a batch of images with a known frame rate, as ComfyUI hands them over.

images float [N, H, W, 3 or 4] in 0..1 (alpha is dropped) -> {name: uint8 [T, 3, size, size]}; frame i is at
i/fps and slots are filled by the same rule as from a file (sampling.py). Values become uint8 by round(255 x)
before resizing, as the reference does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from ..errors import InputError
from ..progress import Progress, silent
from .filling import SlotFiller, Slots, whole_views
from .reader import STAGE
from .views import FrameView
from .window import clip_window

_NAME = "the image batch"


def images_seconds(images: Tensor, fps: float | Fraction) -> Fraction:
    """Length of the clip that the images are: N / fps."""
    _check(images)
    return len(images) / _rate(fps)


def views_from_images(
    images: Tensor,
    fps: float | Fraction,
    views: dict[str, FrameView],
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """The first `seconds` (None: all) of the clip that `images` are, as each view wants it."""
    _, length = clip_window(_NAME, images_seconds(images, fps), 0, seconds)
    return whole_views(views, length, slots_of_images(images, fps, views, seconds, progress))


def slots_of_images(
    images: Tensor,
    fps: float | Fraction,
    views: dict[str, FrameView],
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> Iterator[Slots]:
    """The same, as (view, the next slots of it) while the images are looked at one by one."""
    rate = _rate(fps)
    start, length = clip_window(_NAME, images_seconds(images, fps), 0, seconds)
    filler = SlotFiller(views, start, length, images.shape[1:3])
    for i in range(len(images)):
        following = (i + 1) / rate if i + 1 < len(images) else None
        yield from filler.offer(i / rate, following, partial(_picture, images, i))
        progress(STAGE, filler.done, filler.total)
        if filler.done == filler.total:
            break


def _picture(images: Tensor, i: int) -> Tensor:
    """uint8 [1, 3, H, W] of image i."""
    image = images[i, ..., :3].float().cpu()
    if not torch.isfinite(image).all():
        raise InputError(
            f"{_NAME}: image {i} has values that are NaN or infinite; check the node that made it."
        )
    return (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(2, 0, 1)[None]


def _rate(fps: float | Fraction) -> Fraction:
    # 29.97 as written, not its binary neighbour
    rate = Fraction(fps).limit_denominator(100_000) if math.isfinite(fps) else Fraction(0)
    if rate <= 0:
        raise InputError(
            f"fps = {fps}: give the rate the images are to be shown at, above 0, for example 24."
        )
    return rate


def _check(images: Tensor) -> None:
    if images.ndim != 4 or images.shape[-1] not in (3, 4) or 0 in images.shape:
        raise InputError(
            f"images of shape {tuple(images.shape)}: give [frames, height, width, 3 or 4 channels], "
            "each 1 or more."
        )
    if not images.is_floating_point():
        raise InputError(f"images of type {images.dtype}: give floating point values in 0..1.")
