"""Options of `kling-foley generate` for the marks by which a sound is known to be made by a machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..pipeline import Sound


def mark_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-label",
        dest="label",
        action="store_false",
        help="don't say in the file's comment that a machine made the sound",
    )


def label_of(options: argparse.Namespace, sound: Sound, *, in_part: bool) -> str | None:
    """What the comment of a file with the sound says, `in_part`: beside what was there; None where nothing is
    to be said."""
    from ..marks.label import label

    return label(sound.model, in_part=in_part) if options.label else None
