"""Options of `kling-foley generate` for what of the picture is to sound; the rest is muted."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..media.masks import Mask


def mask_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what of the picture sounds")
    group.add_argument(
        "--only",
        metavar="LEFT,TOP,RIGHT,BOTTOM",
        help="only what is in this box sounds; fractions of the picture: 0,0,0.5,1 is its left half",
    )
    group.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="only what is white in this picture, or in this video of masks, sounds",
    )


def chosen_mask(options: argparse.Namespace) -> Mask | None:
    """What the options say, None where nothing; InputError for what is no box."""
    if options.only is not None and options.mask is not None:
        raise InputError("--only and --mask are both given; give one of them.")
    if options.only is None:
        return options.mask
    from ..media.masks import Box

    try:
        sides = [float(side) for side in options.only.split(",")]
        return Box(*sides)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise InputError(f"--only: {error}") from error
        raise InputError(
            f"--only {options.only}: give four numbers, left,top,right,bottom, as fractions of the picture; "
            "0,0,0.5,1 is its left half."
        ) from error


def check_mask_options(options: argparse.Namespace, seconds: Fraction | float | None) -> None:
    """InputError for a mask without a video or that doesn't fit it; `seconds` of the part that is seen."""
    from ..media.masks import check_mask, film_of_file

    mask = chosen_mask(options)
    if mask is None:
        return
    if options.video is None:
        raise InputError("--only, --mask: they choose what of a video sounds, and none is given.")
    check_mask(mask, film_of_file(options.video, options.start, Fraction(seconds)))
