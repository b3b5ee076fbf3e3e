"""Options of `kling-foley generate` for left and right: which way, places by hand, width."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..stereo.ways import Stereo

WAYS = ("auto", "coherent", "mels", "follow", "mono")


def stereo_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("left and right")
    group.add_argument(
        "--stereo",
        choices=WAYS,
        default="auto",
        help="coherent: the model's own renderer, both sides in phase (default, where it has one); mels: it, "
        "the paper's way, a mel each, vocoded apart; follow: what moves as the sound goes (default of all "
        "others, with a video); mono",
    )
    group.add_argument(
        "--places",
        metavar="S:X,...",
        help="where it sounds, by hand: SECONDS:PLACE from -1 (left) to 1 (right), '0:-1,3.5:0.2'; linear "
        "between",
    )
    group.add_argument(
        "--width", type=float, help="how wide follow makes what moves widely: 0 (a point) to 1; default: 0.3"
    )


def stereo_of(options: argparse.Namespace) -> Stereo:
    """What the options ask for; InputError for places that can't be read."""
    from ..stereo.following import WIDTH, parse_places
    from ..stereo.ways import Stereo

    places = None if options.places is None else parse_places(options.places)
    return Stereo(options.stereo, places, WIDTH if options.width is None else options.width)


def check_stereo(options: argparse.Namespace, seconds: float | None, *, has_video: bool) -> None:
    """InputError, before the weights are read, for what can be known to be wrong without them; `seconds` of
    the sound, None where they are not known yet."""
    if options.width is not None and options.stereo not in ("auto", "follow"):
        raise InputError(f"--width {options.width:g}: --stereo {options.stereo} has none; choose follow.")
    known = None if seconds is None else float(seconds)
    stereo_of(options).chosen(renderer=True, video=has_video, seconds=known)


def check_renderer(options: argparse.Namespace) -> None:
    """InputError where the model has no stereo renderer and the way needs one; reads headers, no weights."""
    from ..presets import SMALL
    from ..systems.assembly import found_system

    if options.stereo not in ("coherent", "mels") or options.model == SMALL.name:
        return
    renderer = "stereo" in found_system(Path(options.model)).parts
    stereo_of(options).chosen(renderer=renderer, video=True)
