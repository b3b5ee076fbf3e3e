"""Copies a window of a video stream packet by packet, bit for bit, shifted so that its first frame is at time
0.

Possible only from a keyframe on, because the pictures after it refer to it. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import InputError
from .frames import frame_ticks

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

_SAME = Fraction(1, 1000)  # seconds: containers round timestamps to milliseconds


def packets_from_keyframe(
    container: InputContainer, stream: VideoStream, at: Fraction
) -> Iterator[Packet] | None:
    """Packets in stored order from the keyframe shown at `at` (container's clock); None if there is none."""
    from av.error import FFmpegError

    # Some containers seek by decoding time, which lies before the time shown: look from a second earlier on.
    try:
        container.seek(int((at - 1) / stream.time_base), stream=stream)
    except FFmpegError:
        return None
    packets = container.demux(stream)
    for packet in packets:
        if packet.pts is None:
            return None
        if packet.is_keyframe and abs(packet.pts * packet.time_base - at) <= _SAME:
            return _with_decoding_times(chain([packet], packets), stream)
        if packet.dts is not None and packet.dts * packet.time_base > at + _SAME:
            return None
    return None


def _with_decoding_times(packets: Iterator[Packet], stream: VideoStream) -> Iterator[Packet]:
    """Matroska stores no decoding times, and FFmpeg can't tell the first ones: they go on backwards from the
    first known.
    """
    waiting: list[Packet] = []
    step = frame_ticks(stream)
    for packet in chain(packets, [None]):
        if packet is not None and packet.pts is None:
            continue  # the empty packet at the end of the file
        if packet is not None and packet.dts is None:
            waiting.append(packet)
            continue
        if waiting:
            known = waiting[0].pts if packet is None else packet.dts
            for i, early in enumerate(waiting):
                early.dts = known - (len(waiting) - i) * step
                yield early
            waiting = []
        if packet is not None:
            yield packet


def add_copied_stream(
    out: OutputContainer, template: VideoStream, name: str, container_name: str
) -> VideoStream:
    """A stream like the source's: codec, size, colour tags, display matrix, language."""
    codec = template.codec_context.codec.canonical_name
    try:
        # opaque: also for codecs that FFmpeg can only decode, which is all that copying needs
        stream = out.add_stream_from_template(template, opaque=True)
    except ValueError as e:
        raise unsuitable(name, codec, container_name) from e
    with suppress(RuntimeError):  # PyAV before 16 sets no clock here; the container's 1/90000 s serves
        stream.time_base = template.time_base
    if codec == "hevc" and container_name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # players of Apple's open no other
    kept = {k: v for k, v in template.metadata.items() if k.upper() not in ("DURATION", "ENCODER")}
    stream.metadata.update(kept)
    return stream


def unsuitable(name: str, codec: str, container_name: str) -> InputError:
    """The error for a codec that the output's container can't hold."""
    return InputError(
        f"{name} holds {codec} video, which can't be stored in {container_name}; write to a .mkv file."
    )


def copied_packets(
    packets: Iterator[Packet], stream: VideoStream, seconds: Fraction | None
) -> Iterator[Packet]:
    """The packets of `seconds` (None: all) for the output stream.

    Pictures behind the end are kept where pictures before it refer to them (B-frames): a few frames at most.
    """
    first, stop, step = None, None, 0
    later: list[Packet] = []
    for packet in packets:
        if first is None:
            first, step = packet.pts, frame_ticks(packet.stream)
            stop = None if seconds is None else packet.pts * packet.time_base + seconds
        if packet.pts < first:
            continue  # leading pictures of an open group: they refer to what was cut off
        if stop is not None and packet.dts * packet.time_base >= stop:
            return
        if stop is not None and packet.pts * packet.time_base >= stop:
            later.append(packet)
            continue
        for kept in (*later, packet):
            kept.pts, kept.dts, kept.stream = kept.pts - first, kept.dts - first, stream
            # Transport streams don't say how long a frame is shown; a last frame of length 0 would vanish
            # from an mp4.
            kept.duration = kept.duration or step
            yield kept
        later.clear()
