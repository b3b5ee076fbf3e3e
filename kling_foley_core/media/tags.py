"""What a film says about itself in words: tags of the file and of the picture, timecode and chapters, for a
window of the film. Our choice.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .frames import frame_rate
from .timecode import later_timecode

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

_OF_THE_OLD_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "film_of"}
_OF_THE_OLD_STREAM = {"encoder", "duration", "alpha_mode"}  # the last is said anew where it is still true
_OF_ITUNES = {
    *("title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright"),
    *("grouping", "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords", "track"),
    *("disc", "compilation", "creation_time", "timecode"),
}


def only_plain_tags(source: InputContainer) -> bool:
    """Whether all the file's tags have one of the names that iTunes uses, the only ones beside a cover in
    mp4.
    """
    return {key.lower() for key in source.metadata} <= _OF_ITUNES | _OF_THE_OLD_FILE


def file_tags(source: InputContainer, film: VideoStream, start: Fraction) -> dict[str, str]:
    """The file's tags for a window that begins `start` seconds into the film."""
    return _tags(source.metadata, _OF_THE_OLD_FILE, film, start)


def film_tags(film: VideoStream, start: Fraction) -> dict[str, str]:
    """The picture's."""
    return _tags(film.metadata, _OF_THE_OLD_STREAM, film, start)


def copy_chapters(out: OutputContainer, source: InputContainer, begin: Fraction, seconds: Fraction) -> None:
    """Those within the window that begins at `begin`, in the container's clock."""
    if not has_chapters(source):
        return
    kept = []
    for chapter in source.chapters():
        clock = chapter["time_base"]
        start, end = (round(Fraction(chapter[at]) - begin / clock) for at in ("start", "end"))
        start, end = max(start, 0), min(end, round(seconds / clock))
        if start < end:
            kept.append({**chapter, "start": start, "end": end})
    out.set_chapters(kept)


def has_chapters(source: InputContainer) -> bool:
    """Whether it has chapters that this version of PyAV can read."""
    return hasattr(source, "chapters") and bool(source.chapters())


def _tags(tags: dict[str, str], left_out: set[str], film: VideoStream, start: Fraction) -> dict[str, str]:
    kept = {key: value for key, value in tags.items() if key.lower() not in left_out}
    for key, value in kept.items():
        if key.lower() == "timecode":
            kept[key] = later_timecode(value, frame_rate(film), start)
    return {key: value for key, value in kept.items() if value is not None}
