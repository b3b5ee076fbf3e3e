"""Options of `kling-foley generate` for an existing sound: parts of it made anew, more behind its end,
variations."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from ..editing import Edit

_VARIED = 0.6  # strength for a sound of which no part is named


def edit_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options; without --from and --replace there is no existing sound."""
    group = parser.add_argument_group("an existing sound")
    group.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="SOUND",
        help="make it from an existing sound (or the sound of a film) that begins with the film; with "
        "--replace the film's own, if it is left out",
    )
    group.add_argument(
        "--replace",
        type=_span,
        action="append",
        default=[],
        metavar="A-B",
        help="make the seconds from A to B of it anew and keep the rest; may be given several times",
    )
    group.add_argument(
        "--extend", type=float, metavar="S", help="make S more seconds behind its end and keep it"
    )
    group.add_argument(
        "--strength",
        type=float,
        help="how far what is made may go from what was there, up to 1 (all new); default: 1 with --replace "
        f"and --extend, else {_VARIED:g}",
    )


def _span(text: str) -> tuple[float, float]:
    begin, dash, end = text.partition("-")
    try:
        return float(begin), float(end)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': give seconds from and to, such as 3-5.5") from None


def checked_edit(options: argparse.Namespace) -> Edit | None:
    """None where nothing was asked for; reads the sound. InputError for what can't be, before the work. With
    an edit the options' seconds become those that are made."""
    asked = {"--strength": options.strength, "--extend": options.extend}
    if options.source is None and not options.replace:
        for name, value in asked.items():
            if value is not None:
                raise InputError(f"{name} {value:g}: say which sound; add --from SOUND.")
        return None
    from ..editing import Edit
    from ..generation.settings import fitted

    if _is_own(options) and options.own_sound != "replace":
        raise InputError(
            f"--own-sound {options.own_sound}: what is made is the film's own sound already, but for the "
            "parts to replace; leave it out."
        )
    parts = tuple(options.replace), options.extend or 0
    strength = (1.0 if any(parts) else _VARIED) if options.strength is None else options.strength
    edit = Edit(*_sound(options), *parts, strength)
    _check_channels(options, edit)
    _check_written(options)
    edit, options.seconds = fitted(edit, options.video, None, options.start, options.seconds)
    _check_rate(options.output, edit)
    return edit


def _is_own(options: argparse.Namespace) -> bool:
    """Whether the sound is the film's own track."""
    if options.video is None or options.source is None:
        return options.source is None
    return options.source.resolve() == options.video.resolve()


def _sound(options: argparse.Namespace) -> tuple[Tensor, int]:
    from ..generation.settings import video_window
    from ..mix import own_sound

    start, seconds = 0.0, None
    if not _is_own(options):
        return own_sound(options.source, start, seconds)
    if options.video is None:
        raise InputError("--replace: there is neither a video nor a sound; give one, or --from SOUND.")
    if options.extend is not None:
        raise InputError(
            f"--extend {options.extend:g}: the film's own sound is as long as the film; say --from SOUND."
        )
    return own_sound(
        options.video, options.start, video_window(options.video, options.start, options.seconds)[0]
    )


def _check_channels(options: argparse.Namespace, edit: Edit) -> None:
    """InputError for left and right in a sound that keeps its one channel."""
    if (
        edit.varies_all
        or len(edit.wave) > 1
        or (options.places is None and options.stereo in ("auto", "mono"))
    ):
        return
    asked = f"--stereo {options.stereo}" if options.places is None else f"--places {options.places}"
    raise InputError(
        f"{asked}: the sound to edit has one channel, which is kept; leave it out, or give a sound in stereo."
    )


def _check_written(options: argparse.Namespace) -> None:
    """InputError where the sound to edit would be written over, by the output or by one of the takes."""
    from .takes import checked_takes, take_path

    if options.source is None:
        return
    written = [take.output for take in checked_takes(options)]
    if options.keep_takes:
        written += [take_path(options.output, options.seed + k) for k in range(options.best_of)]
    for path in written:
        if path.resolve() == options.source.resolve():
            raise InputError(
                f"'{path}' would be written over and is the sound to edit; give another --output, so that "
                "nothing is lost."
            )


def _check_rate(output: Path, edit: Edit) -> None:
    """InputError where the file can't have the sound's own rate, which what is kept keeps."""
    from ..media.audio import sound_codec
    from .generate import AUDIO_SUFFIXES

    if not edit.varies_all and output.suffix.lower() in AUDIO_SUFFIXES:
        sound_codec(output, edit.rate)
