"""Puts a sound under a video: the picture is copied untouched, the sound encoded for the container.

wave float [C, N] (1 or 2 channels) at `rate`; its first sample lies on the window's first frame. The file's
sound track says exactly N samples: decoders give back N from Matroska (FLAC) and WebM (Opus); from mp4 and
mov (AAC) they give N rounded up to a multiple of 1024 with silence behind, which players cut by the track's
length. Our choice throughout.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ..errors import InputError
from .audio import resample
from .copy_video import add_copied_stream, copied_packets, packets_from_keyframe, unsuitable
from .encode_audio import AAC, FLAC, OPUS, AudioCodec, add_audio_stream, checked_wave, encoded_wave
from .encode_video import VP9, X264, VideoCodec, WindowEncoder
from .frames import VideoFrames
from .probe import VideoInfo, probe
from .source import Source, open_media, source_name
from .whole_file import whole_file
from .window import clip_window

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A kind of file, and what its sound and a re-encoded picture are made with."""

    format: str
    audio: AudioCodec
    video: VideoCodec


_TARGETS = {
    ".mp4": Target("mp4", AAC, X264),
    ".m4v": Target("mp4", AAC, X264),
    ".mov": Target("mov", AAC, X264),
    ".mkv": Target("matroska", FLAC, X264),
    ".webm": Target("webm", OPUS, VP9),
}
_COMMON_RATE = 48_000  # every encoder takes it
_OF_THE_OLD_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}


def mux(
    video_source: Source,
    wave: Tensor,
    rate: int,
    output: str | os.PathLike,
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
) -> None:
    """Writes `output` with the picture of a window of `video_source` and `wave` as its only sound.

    The picture's packets are copied bit for bit when the window begins on a keyframe (the clip's beginning is
    one); where B-frames reach across its end a few frames more are kept. Otherwise the picture is encoded
    anew (H.264 crf 16, VP9 in WebM) and a notice is logged. Tags are kept, subtitles and other tracks are
    not. Written whole or not at all. InputError: unreadable source, window outside of the clip, unknown
    suffix, a codec that the container can't hold, an unusable wave, output equal to the source.
    """
    import av

    target = _target(output)
    _refuse_source(video_source, output)
    name = source_name(video_source)
    info = probe(video_source)
    begin, length = clip_window(name, info.duration, start, seconds)
    wave, rate = _for_codec(checked_wave(wave, rate), rate, target.audio)
    with whole_file(output) as temporary, open_media(video_source) as source:
        with av.open(str(temporary), "w", format=target.format, options=_options(target, rate)) as out:
            tags = {k: v for k, v in source.metadata.items() if k.lower() not in _OF_THE_OLD_FILE}
            out.metadata.update(tags)
            picture = _picture(out, source, name, target, info, begin, length)
            stream = add_audio_stream(out, target.audio, rate, wave.shape[0])
            sound = encoded_wave(stream, target.audio, wave, rate)
            _start(out, name, info.codec, target)
            for packet in merge(picture, sound, key=lambda p: p.dts * p.time_base):
                out.mux(packet)


def _picture(
    out: OutputContainer,
    source: InputContainer,
    name: str,
    target: Target,
    info: VideoInfo,
    begin: Fraction,
    length: Fraction,
) -> Iterator[Packet]:
    """Adds the video stream to `out` and gives its packets."""
    frames = VideoFrames(source, name)
    packets = packets_from_keyframe(source, frames.stream, frames.zero + begin) if frames.timed else None
    if packets is not None:
        stream = add_copied_stream(out, frames.stream, name, target.format)
        return copied_packets(packets, stream, length if begin + length < info.duration else None)
    _log.info(
        "%s: %s; the picture is encoded anew with %s",
        name,
        f"no keyframe at {float(begin):g} s" if frames.timed else "its packets have no timestamps",
        target.video.name,
    )
    return WindowEncoder(out, frames, target.video).packets(begin, length)


def _start(out: OutputContainer, name: str, codec: str, target: Target) -> None:
    """Writes the header, where some containers only then find that they can't hold a codec."""
    from av.error import FFmpegError

    try:
        out.start_encoding()
    except FFmpegError as e:
        raise unsuitable(name, codec, target.format) from e


def _for_codec(wave: Tensor, rate: int, codec: AudioCodec) -> tuple[Tensor, int]:
    rates = codec.rates()
    if rates is None or rate in rates:
        return wave, rate
    return resample(wave, rate, _COMMON_RATE).clamp(-1, 1), _COMMON_RATE


def _options(target: Target, rate: int) -> dict[str, str]:
    if target.format not in ("mp4", "mov"):
        return {}
    # Tracks' lengths are stored in units of the movie's clock: by default milliseconds, here samples. The
    # tags keep foreign names such as ComfyUI's workflow, and the index goes to the front for playing while
    # loading.
    return {"movflags": "use_metadata_tags+faststart", "movie_timescale": str(rate)}


def _target(output: str | os.PathLike) -> Target:
    suffix = Path(output).suffix.lower()
    if suffix not in _TARGETS:
        raise InputError(
            f"output '{output}': can't write {suffix or 'without suffix'}; use {', '.join(_TARGETS)}."
        )
    return _TARGETS[suffix]


def _refuse_source(source: Source, output: str | os.PathLike) -> None:
    if isinstance(source, (str, os.PathLike)) and os.path.exists(source) and os.path.exists(output):
        if os.path.samefile(source, output):
            raise InputError(
                f"output '{output}' is the source itself; give another name, so that nothing is lost."
            )
