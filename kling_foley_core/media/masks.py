"""What of a film may sound: a box, a picture or film of masks, or numbers; checked, and as views see it.

White (1) sounds, black (0) is muted. A mask goes through the same reader and the same views as the film, so
that it lies over the same pixels however a view stretches or crops them, and over the same times. A film of
masks is as long as the film; a tensor [M, H, W] has one mask, or one for each frame of the part that is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from os import PathLike

import torch
from torch import Tensor

from ..errors import InputError
from .images import slots_of_images
from .muting import HeldMask, Masks, MovingMasks
from .probe import probe
from .reader import read_slots
from .source import Source, source_name
from .views import FrameView
from .window import OVERRUN, exact

LONGEST = 1024  # pixels of a box's picture: finer than any view


@dataclass(frozen=True)
class Box:
    """Fractions of the picture as shown, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        sides = (self.left, self.right), (self.top, self.bottom)
        if not all(0 <= low < high <= 1 for low, high in sides):
            raise InputError(
                f"box {self.left:g},{self.top:g},{self.right:g},{self.bottom:g}: give left,top,right,bottom "
                "as fractions of the picture, 0 to 1, left under right and top under bottom; 0,0,0.5,1 is "
                "its left half."
            )

    def picture(self, width: int, height: int) -> Tensor:
        """[1, H, W] in the film's proportions; what the box's edge cuts through is grey."""
        scale = LONGEST / max(width, height)
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        across = _covered(self.left * wide, self.right * wide, wide)
        return (_covered(self.top * high, self.bottom * high, high)[:, None] * across)[None]


Mask = Box | str | PathLike[str] | Tensor


@dataclass(frozen=True)
class Film:
    """What a mask is for: the film's size as shown, and the part of it that is seen."""

    width: int
    height: int
    start: Fraction
    seconds: Fraction
    frames: Fraction  # in that part, at the film's average rate
    whole: Fraction  # seconds of all of it


def film_of_file(source: Source, start: float | Fraction, seconds: Fraction) -> Film:
    info, start = probe(source), exact(start)
    whole = info.duration or start + seconds
    return Film(info.width, info.height, start, seconds, seconds * info.frame_rate, whole)


def check_mask(mask: Mask, film: Film) -> None:
    """InputError for a mask of another shape than the film's, or of other times; needs no work."""
    if isinstance(mask, Box):
        return
    if isinstance(mask, Tensor):
        _check_numbers(mask, film)
        return
    info, name = probe(mask), source_name(mask)
    _check_shape(f"mask {name}", info.width, info.height, film)
    if info.duration is not None and abs(info.duration - film.whole) > OVERRUN:
        raise InputError(
            f"mask {name}: it is {float(info.duration):.2f} s long, the film {float(film.whole):.2f} s; give "
            "masks for all of the film, or one picture."
        )


def masks_of(mask: Mask, film: Film, views: dict[str, FrameView]) -> Masks:
    """As the views see it; after `check_mask`."""
    check_mask(mask, film)
    if isinstance(mask, Box):
        mask = mask.picture(film.width, film.height)
    if isinstance(mask, Tensor):
        pictures = mask if mask.ndim == 3 else mask[None]
        images, rate = pictures.float()[..., None].expand(-1, -1, -1, 3), len(pictures) / film.seconds
        slots, held = slots_of_images(images, rate, views, film.seconds), len(pictures) == 1
    else:
        held = probe(mask).duration is None
        start = 0 if held else film.start
        slots = read_slots(mask, views, start=start, seconds=film.seconds)
    return HeldMask({name: shown[:1] for name, shown in slots}) if held else MovingMasks(slots)


def _check_numbers(mask: Tensor, film: Film) -> None:
    if mask.ndim not in (2, 3) or 0 in mask.shape:
        raise InputError(
            f"mask: its shape is {tuple(mask.shape)}, but [height, width] or [frames, height, "
            "width] is needed."
        )
    if not bool(torch.isfinite(mask).all()) or mask.min() < 0 or mask.max() > 1:
        raise InputError("mask: it has values outside of 0 to 1; 1 sounds, 0 is muted.")
    _check_shape("mask", mask.shape[-1], mask.shape[-2], film)
    count = len(mask) if mask.ndim == 3 else 1
    if count > 1 and abs(count - film.frames) > 1:
        raise InputError(
            f"mask: it has {count} frames, the film about {round(film.frames)}; give one mask, or one for "
            "each frame."
        )


def _check_shape(name: str, width: int, height: int, film: Film) -> None:
    if (
        abs(width - height * film.width / film.height) > 1
        and abs(height - width * film.height / film.width) > 1
    ):
        raise InputError(
            f"{name}: {width}x{height} pixels, the film {film.width}x{film.height}; give a mask of the "
            "film's shape."
        )


def _covered(low: float, high: float, pixels: int) -> Tensor:
    """[pixels]: how much of each lies between `low` and `high`."""
    edges = torch.arange(pixels + 1, dtype=torch.float64).clamp(low, high)
    return (edges[1:] - edges[:-1]).float()
