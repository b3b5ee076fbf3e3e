"""Opens a media file, given as a path or a seekable binary file object, and picks the streams that can be
decoded.

Every failure to open is an InputError that names the source. Attached pictures (cover art) don't count as
video, and streams without a decoder don't count at all: decoding their packets crashes FFmpeg's Python
binding.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

Source = str | os.PathLike | BinaryIO


def source_name(source: Source) -> str:
    """How messages call the source."""
    if isinstance(source, (str, os.PathLike)):
        return f"'{os.fspath(source)}'"
    return f"the {type(source).__name__} given as media file"


def open_media(source: Source) -> InputContainer:
    """The opened container, a context manager; file objects are read from their beginning and stay open."""
    import av

    name = source_name(source)
    target = _checked_path(source, name) if isinstance(source, (str, os.PathLike)) else _rewound(source, name)
    try:
        # Tags in a legacy encoding must not keep a readable film from opening.
        return av.open(target, mode="r", metadata_errors="ignore")
    except (av.error.FFmpegError, OSError) as e:
        raise InputError(
            f"{name} can't be opened as a media file ({e}): it is no video or sound, or is cut "
            "short or damaged; check that it plays, or convert it to mp4 again."
        ) from e


def video_streams(container: InputContainer) -> list[VideoStream]:
    """Streams with moving pictures that can be decoded."""
    from av.stream import Disposition

    return [
        s
        for s in container.streams.video
        if s.codec_context is not None and not s.disposition & Disposition.attached_pic
    ]


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """The first video stream that can be decoded, set to decode on all cores."""
    found = video_streams(container)
    if not found:
        undecodable = [s for s in container.streams.video if s.codec_context is None]
        why = "a video stream that FFmpeg can't decode" if undecodable else "no video stream"
        raise InputError(f"{name} has {why}; give a video file, or convert it to mp4 (H.264) first.")
    found[0].thread_type = "AUTO"
    return found[0]


def audio_stream(container: InputContainer, name: str) -> AudioStream:
    """The first sound track that can be decoded."""
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            return stream
    raise InputError(f"{name} has no sound track that can be decoded; give a file with sound.")


def _checked_path(source: str | os.PathLike, name: str) -> str:
    path = Path(source)
    if not path.exists():
        raise InputError(f"{name} doesn't exist; check the path.")
    if path.is_dir():
        raise InputError(f"{name} is a folder; give a media file in it.")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{name} is empty (0 bytes); it was not written or copied completely.")
    return os.path.abspath(path)  # FFmpeg takes what is before a colon for a protocol


def _rewound(source: BinaryIO, name: str) -> BinaryIO:
    if not (hasattr(source, "read") and hasattr(source, "seek")):
        raise InputError(
            f"{name} is neither a path nor a binary file object that can seek; give one of these."
        )
    if source.seek(0, os.SEEK_END) == 0:
        raise InputError(f"{name} is empty (0 bytes); fill it before handing it over.")
    source.seek(0)
    return source
