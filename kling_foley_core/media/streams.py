"""Which of a container's streams is the film, and which its sound, as players choose: never a cover or a
thumbnail, then by the default flag, then the largest, then the longest.

Streams without a decoder don't count: decoding their packets crashes FFmpeg's Python binding. Our choice
where players differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import InputError
from ..limits import MAX_FRAME_PIXELS, MAX_FRAME_RATIO
from .formats import ANIMATIONS, PICTURES, is_format

if TYPE_CHECKING:
    from av import Packet
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_PICTURE_CODECS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000"}  # covers, beside a film
_STILL_BRANDS = {"heic", "heix", "mif1", "avif"}  # ISO files that hold a picture


def film_streams(container: InputContainer) -> list[VideoStream]:
    """Streams with pictures that can be decoded, the film first; covers and thumbnails are left out."""
    from av.stream import Disposition

    cover = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent
    found = [s for s in container.streams.video if s.codec_context is not None and not s.disposition & cover]
    return sorted(found, key=_rank)


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """The film, set to decode on all cores."""
    found = film_streams(container)
    if not found:
        undecodable = [s for s in container.streams.video if s.codec_context is None]
        why = "a video stream that FFmpeg can't decode" if undecodable else "no video stream"
        raise InputError(f"{name} has {why}; give a video file, or convert it to mp4 (H.264) first.")
    film = found[0]
    check_frame_size(film.width, film.height, name)
    film.thread_type = "AUTO"
    film.codec_context.options = {"max_pixels": str(MAX_FRAME_PIXELS)}  # sizes can change on the way
    return film


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound track that players take: of the film's program, the default one; None without any."""
    found = [s for s in container.streams.audio if s.codec_context is not None]
    films = film_streams(container)
    best = container.streams.best("audio", related=films[0] if films else None)
    return best if best in found else next(iter(found), None)


def audio_stream(container: InputContainer, name: str) -> AudioStream:
    """`sound_stream`; InputError where there is none."""
    found = sound_stream(container)
    if found is None:
        raise InputError(f"{name} has no sound track that can be decoded; give a file with sound.")
    return found


def demuxed(container: InputContainer, *streams: Stream) -> Iterator[Packet]:
    """Packets of these streams, or of all; damage can look like a stream that begins on the way, which PyAV
    has no place for: it is passed over.
    """
    while True:
        try:
            yield from container.demux(*streams)
            return
        except IndexError:
            continue


def chosen_note(container: InputContainer, name: str) -> str | None:
    """Which stream the film is, where there are several."""
    found = film_streams(container)
    if len(found) < 2:
        return None
    film, others = found[0], ", ".join(map(_described, found[1:]))
    return f"{name} has {len(found)} video streams: {_described(film)} is used, not {others}."


def is_still(container: InputContainer, stream: VideoStream) -> bool:
    """Whether the container holds a picture, no film; an animation of one frame is told by reading."""
    if is_format(container.format.name, *PICTURES):
        return True
    return container.metadata.get("major_brand") in _STILL_BRANDS and stream.frames <= 1


def may_be_still(container: InputContainer) -> bool:
    """Whether the container is one of animations, which can have a single frame."""
    return is_format(container.format.name, *ANIMATIONS)


def check_frame_size(width: int, height: int, name: str) -> None:
    """InputError for sizes beyond the limits."""
    if width * height > MAX_FRAME_PIXELS or max(width, height) > MAX_FRAME_RATIO * max(min(width, height), 1):
        raise InputError(
            f"{name} has frames of {width}x{height}: at most {MAX_FRAME_PIXELS:,} pixels are read, and sides "
            f"of at most {MAX_FRAME_RATIO} to 1; scale or crop it first."
        )


def stated_seconds(stream: Stream) -> Fraction | None:
    """The stream's length by its container; None where it is not said."""
    if stream.duration:
        return stream.duration * stream.time_base
    hours, *rest = stream.metadata.get("DURATION", "").split(":")  # Matroska: 00:00:03.000000000
    try:
        minutes, seconds = rest
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    except (ValueError, ZeroDivisionError):
        return None


def _rank(stream: VideoStream) -> tuple:
    from av.stream import Disposition

    length = stated_seconds(stream)
    one_frame = 1 / (stream.average_rate or Fraction(25))
    picture = stream.frames == 1 or (length is not None and length <= one_frame)
    return (
        picture or bool(stream.disposition & Disposition.still_image),
        stream.codec_context.codec.canonical_name in _PICTURE_CODECS,
        not stream.disposition & Disposition.default,
        -stream.width * stream.height,
        -(length or 0),
    )


def _described(stream: VideoStream) -> str:
    return f"stream {stream.index} ({stream.codec_context.name}, {stream.width}x{stream.height})"
