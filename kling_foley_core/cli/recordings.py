"""`kling-foley data recordings`: the sounds of installed Debian packages as shards, for codec and vocoder."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .bars import Bars
from .say import say


def add_action(actions: argparse._SubParsersAction) -> None:
    """Adds `recordings` to `data`."""
    parser = actions.add_parser("recordings", help="sounds of installed Debian packages, as shards")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the shards")
    parser.add_argument("--speech", type=int, default=160, help="generated sentences, spoken")
    parser.add_argument("--singing", type=int, default=50, help="generated melodies, sung")
    parser.add_argument("--music", type=int, default=70, help="generated pieces, played")
    parser.set_defaults(run=_recordings)


def _recordings(options: argparse.Namespace) -> None:
    from ..data.recordings.write import Counts, write_recordings

    counts = Counts(options.speech, options.singing, options.music)
    for name, count in vars(counts).items():
        if count < 0:
            raise InputError(f"--{name} {count}: give 0 or more.")
    with Bars() as progress:
        total = write_recordings(options.out, counts, progress)
    say(f"{options.out}: {total} sounds")
