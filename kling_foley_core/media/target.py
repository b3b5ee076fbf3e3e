"""What a film can be written as: the container by the file name's suffix, with the codec of its sound.

Our choice: lossless sound where the container allows it, else the codec that its players expect.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files.whole_file import checked_output
from .encode_audio import AAC, FLAC, OPUS, AudioCodec
from .extras import MATROSKA
from .source import Source


@dataclass(frozen=True)
class Target:
    """A kind of file, and what its sound is made with."""

    format: str
    audio: AudioCodec

    def options(self, rate: int, *, plain_tags: bool) -> dict[str, str]:
        """FFmpeg's for this container, for sound at `rate`; `plain_tags`: no names but those of iTunes."""
        if self.format not in ("mp4", "mov"):
            return {}
        # Tracks' lengths are stored in units of the movie's clock: by default milliseconds, here samples.
        # The tags keep foreign names such as ComfyUI's workflow, but then no cover; the index goes to the
        # front for playing while loading.
        return {
            "movflags": "faststart" if plain_tags else "use_metadata_tags+faststart",
            "movie_timescale": str(rate),
            "strict": "unofficial",  # for the description of Dolby Vision
        }


_TARGETS = {
    ".mp4": Target("mp4", AAC),
    ".m4v": Target("mp4", AAC),
    ".mov": Target("mov", AAC),
    ".mkv": Target(MATROSKA, FLAC),
    ".webm": Target("webm", OPUS),
}


def checked_target(source: Source, output: str | os.PathLike) -> Target:
    """The kind of file that `output` names; InputError where it can't be written or is the source."""
    suffix = Path(output).suffix.lower()
    if suffix not in _TARGETS:
        raise InputError(
            f"output '{output}': can't write {suffix or 'without suffix'}; use {', '.join(_TARGETS)}."
        )
    checked_output(output)
    if isinstance(source, (str, os.PathLike)) and os.path.exists(source) and os.path.exists(output):
        if os.path.samefile(source, output):
            raise InputError(
                f"output '{output}' is the source itself; give another name, so that nothing is lost."
            )
    return _TARGETS[suffix]
