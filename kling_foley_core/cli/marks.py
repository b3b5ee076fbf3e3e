"""Options of `kling-foley generate` for the marks by which a sound is known to be made by a machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from ..generation.sound import Sound


def mark_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("marked as made by a machine")
    group.add_argument(
        "--no-label",
        dest="label",
        action="store_false",
        help="don't say in the file's comment that a machine made the sound",
    )
    group.add_argument(
        "--watermark",
        action="store_true",
        help="mark the sound itself, inaudibly; `kling-foley inspect` finds it, also after codecs",
    )


def marked(options: argparse.Namespace, sound: Sound) -> Tensor:
    """The first sound of the batch [C, N], with the watermark if that was asked for."""
    from ..marks.watermark import watermarked

    wave = sound.waveform[0]
    return watermarked(wave, sound.sampling_rate) if options.watermark else wave


def label_of(options: argparse.Namespace, sound: Sound, *, in_part: bool) -> str | None:
    """What the comment of a file with the sound says, `in_part`: beside what was there, as it is too where
    the sound was made from another; None where nothing is to be said."""
    from ..marks.label import label

    made_from = getattr(options, "source", None) is not None or bool(getattr(options, "replace", None))
    return label(sound.model, in_part=in_part or made_from) if options.label else None
