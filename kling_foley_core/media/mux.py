"""Puts a sound under a video: the picture is copied untouched, the sound encoded for the container.

wave float [C, N] (1 or 2 channels) at `rate`; its first sample lies on the window's first frame. The file's
sound track says exactly N samples: decoders give back N from Matroska (FLAC) and WebM (Opus); from mp4 and
mov (AAC) they give N rounded up to a multiple of 1024 with silence behind, which players cut by the track's
length. Our choice throughout.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from typing import TYPE_CHECKING

from torch import Tensor

from ..errors import InputError
from ..files.whole_file import whole_file
from ..progress import Progress, silent
from .audio import resample
from .copy_video import add_copied_stream, can_copy, copied_packets, holds, packets_from_keyframe
from .encode_audio import AudioCodec, add_audio_stream, checked_wave, encoded_wave
from .encode_video import WindowEncoder
from .frames import VideoFrames, cut_short
from .probe import VideoInfo, probe
from .source import Source, open_media, source_name, video_stream
from .target import MATROSKA, Target, checked_target
from .window import OVERRUN, clip_window

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer

STAGE = "write video"  # progress in seconds

_log = logging.getLogger(__name__)

_COMMON_RATE = 48_000  # every encoder takes it
_OF_THE_OLD_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_NEVER_COPIED = {"gif", "rawvideo"}  # mov takes them, but what it then holds is played by nearly nothing


@dataclass(frozen=True)
class _Plan:
    """What is to be written. `anew`: why the picture must be encoded anew; None where it is copied."""

    target: Target
    name: str
    info: VideoInfo
    begin: Fraction
    length: Fraction
    anew: str | None


def check_target(
    source: Source,
    output: str | os.PathLike,
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
) -> None:
    """Raises at once what `mux` would raise for this source, output and window; writes nothing."""
    _planned(source, output, start, seconds)


def mux(
    video_source: Source,
    wave: Tensor,
    rate: int,
    output: str | os.PathLike,
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> None:
    """Writes `output` with the picture of a window of `video_source` and `wave` as its only sound.

    The picture's packets are copied bit for bit when the window begins on a keyframe (the clip's beginning is
    one); where B-frames reach across its end a few frames more are kept. Otherwise, and for codecs that not
    even .mkv holds, the picture is encoded anew (H.264 crf 16, VP9 in WebM) and a notice is logged. Tags are
    kept, subtitles and other tracks are not. Written whole or not at all. InputError: unreadable or cut short
    source, window outside of the clip, unknown suffix, a codec that the container can't hold, an unusable
    wave, output equal to the source.
    """
    import av

    plan = _planned(video_source, output, start, seconds)
    target = plan.target
    wave, rate = _for_codec(checked_wave(wave, rate), rate, target.audio)
    with whole_file(output) as temporary, open_media(video_source) as source:
        with av.open(str(temporary), "w", format=target.format, options=target.options(rate)) as out:
            tags = {k: v for k, v in source.metadata.items() if k.lower() not in _OF_THE_OLD_FILE}
            out.metadata.update(tags)
            picture = _whole(_picture(out, source, plan), plan)
            stream = add_audio_stream(out, target.audio, rate, wave.shape[0])
            sound = encoded_wave(stream, target.audio, wave, rate)
            total = math.ceil(plan.length)
            for packet in merge(picture, sound, key=lambda p: p.dts * p.time_base):
                progress(STAGE, min(int(packet.dts * packet.time_base), total), total)
                out.mux(packet)
        progress(STAGE, total, total)


def _planned(
    source: Source, output: str | os.PathLike, start: float | Fraction, seconds: float | Fraction | None
) -> _Plan:
    target, name, info = checked_target(source, output), source_name(source), probe(source)
    begin, length = clip_window(name, info.duration, start, seconds)
    return _Plan(target, name, info, begin, length, _why_anew(source, target, name, info, begin, length))


def _why_anew(
    source: Source, target: Target, name: str, info: VideoInfo, begin: Fraction, length: Fraction
) -> str | None:
    if info.codec in _NEVER_COPIED:
        return f"{info.codec} video is not copied"
    with open_media(source) as container:
        stream = video_stream(container, name)
        if not can_copy(container, stream, info.zero + begin, info.zero, length):
            return f"no keyframe at {float(begin):g} s, or packets without rising timestamps"
        if holds(target.format, stream):
            return None
        if holds(MATROSKA, stream):
            raise InputError(
                f"{name} holds {info.codec} video, which can't be stored in {target.format}; "
                "write to a .mkv file."
            )
    return f"{info.codec} video can't be stored in {target.format}"


def _picture(out: OutputContainer, source: InputContainer, plan: _Plan) -> Iterator[Packet]:
    """Adds the video stream to `out` and gives its packets."""
    begin, length, info = plan.begin, plan.length, plan.info
    if plan.anew is None:
        old = video_stream(source, plan.name)
        packets = packets_from_keyframe(source, old, info.zero + begin, info.zero)
        return copied_packets(
            packets, add_copied_stream(out, old), length if begin + length < info.duration else None
        )
    codec = plan.target.video
    _log.info("%s: %s; the picture is encoded anew with %s", plan.name, plan.anew, codec.name)
    return WindowEncoder(out, VideoFrames(source, plan.name), codec).packets(begin, length)


def _whole(picture: Iterator[Packet], plan: _Plan) -> Iterator[Packet]:
    """The same packets; InputError if they end before the window does."""
    reached = Fraction(0)
    for packet in picture:
        reached = max(reached, (packet.pts + packet.duration) * packet.time_base)
        yield packet
    if reached < plan.length - OVERRUN:
        raise cut_short(plan.name, plan.begin + reached, plan.begin + plan.length)


def _for_codec(wave: Tensor, rate: int, codec: AudioCodec) -> tuple[Tensor, int]:
    rates = codec.rates()
    if rates is None or rate in rates:
        return wave, rate
    return resample(wave, rate, _COMMON_RATE).clamp(-1, 1), _COMMON_RATE
