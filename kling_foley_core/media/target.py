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
from .source import Source, open_media


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


def target_suffixes(source: Source) -> list[str]:
    """What a copy of the film can be called: its own kind of container first, if it is among these."""
    with open_media(source) as container:
        kinds, brand = container.format.name.split(","), container.metadata.get("major_brand", "")
    own = []
    if "mov" in kinds:
        own = [".mov" if brand.startswith("qt") else ".mp4"]
    elif MATROSKA in kinds:
        own = [".webm" if _says_webm(source) else ".mkv"]
    return list(dict.fromkeys([*own, ".mp4", ".mov", ".mkv"]))


def _says_webm(source: Source) -> bool:
    """WebM is Matroska by another name, which stands near the file's beginning."""
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return b"webm" in file.read(64)
    source.seek(0)
    return b"webm" in source.read(64)
