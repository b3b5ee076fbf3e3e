"""How much there is of a clip, before it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ...media import probe
from ...media.formats import is_format
from ...media.source import open_media, source_name
from ...media.streams import audio_stream, stated_seconds
from ..manifest import Clip

EXACT = ("wav", "flac", "ogg", "mov", "matroska")  # containers that know their length


@dataclass(frozen=True)
class Length:
    """`source`: seconds of the whole file (of the film, if there is one); `clip`: of the part from
    `clip.start` on that is the clip."""

    source: float
    clip: float


def clip_length(clip: Clip) -> Length:
    """Raises InputError for a file that can't be read, a still picture, and a clip outside of its file."""
    source = _film_seconds(clip.video) if clip.video else _sound_seconds(clip.audio)
    left = source - clip.start
    if left <= 0:
        raise InputError(f"it begins at {clip.start:g} s, and {clip.video or clip.audio} has {source:.2f} s.")
    return Length(source, left if clip.seconds is None else min(left, clip.seconds))


def _film_seconds(path: Path) -> float:
    info = probe(path)
    if info.duration is None:
        raise InputError(f"{path} is a still picture; give a film.")
    return float(info.duration)


def _sound_seconds(path: Path) -> float:
    from ...media.audio_windows import sound_seconds

    with open_media(path) as container:
        stated = stated_seconds(audio_stream(container, source_name(path)))
        exact = stated is not None and is_format(container.format.name, *EXACT)
    return float(stated) if exact else sound_seconds(path)
