"""Copies a window of a video stream packet by packet, bit for bit, shifted so that its first frame is at time
0.

Possible only from a keyframe on, because the pictures after it refer to it, and with known times. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from itertools import chain, pairwise, takewhile
from typing import TYPE_CHECKING

from .frames import frame_ticks, tells_times

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

_SAME = Fraction(1, 1000)  # seconds: containers round timestamps to milliseconds


def packets_from_keyframe(
    container: InputContainer, stream: VideoStream, at: Fraction, zero: Fraction
) -> Iterator[Packet] | None:
    """Packets in stored order from the keyframe shown at `at` (container's clock, where the first frame is at
    `zero`); None if there is none. The container must be freshly opened.
    """
    from av.error import FFmpegError

    if not tells_times(container, stream):
        return None
    # Some containers seek by decoding time, which lies before the time shown: look from a second earlier on,
    # but never seek to before the beginning, which FLV, GIF and avi refuse.
    if at - 1 > zero:
        try:
            container.seek(int((at - 1) / stream.time_base), stream=stream)
        except FFmpegError:
            return None
    packets = (packet for packet in container.demux(stream) if packet.size)  # the last one is empty
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


def can_copy(
    container: InputContainer, stream: VideoStream, at: Fraction, zero: Fraction, seconds: Fraction
) -> bool:
    """Whether the `seconds` from `at` begin with a keyframe, and all their packets tell when they are shown
    and come later than the one before (not so in files that were strung together).

    Reads the packets: the container is then at another place.
    """
    packets = packets_from_keyframe(container, stream, at, zero)
    if packets is None:
        return False
    window = takewhile(lambda packet: packet.dts * packet.time_base < at + seconds, packets)
    times = [(packet.pts, packet.dts) for packet in window]
    rising = all(a[1] < b[1] for a, b in pairwise(times))
    return rising and all(pts is not None for pts, _ in times)


def add_copied_stream(out: OutputContainer, template: VideoStream) -> VideoStream:
    """A stream like the source's: codec, size, colour tags, display matrix, language."""
    # opaque: also for codecs that FFmpeg can only decode, which is all that copying needs
    stream = out.add_stream_from_template(template, opaque=True)
    with suppress(RuntimeError):  # PyAV before 16 sets no clock here; the container's 1/90000 s serves
        stream.time_base = template.time_base
    if template.codec_context.codec.canonical_name == "hevc" and out.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # players of Apple's open no other
    kept = {k: v for k, v in template.metadata.items() if k.upper() not in ("DURATION", "ENCODER")}
    stream.metadata.update(kept)
    return stream


def holds(container_format: str, template: VideoStream) -> bool:
    """Whether a container of that format can hold the stream's packets: tried with a header in memory, since
    FFmpeg's versions differ, and most containers only tell then.
    """
    import av

    with av.open(BytesIO(), "w", format=container_format) as trial:
        try:
            add_copied_stream(trial, template)
            trial.start_encoding()
        except (ValueError, av.error.FFmpegError):
            return False
    return True


def copied_packets(
    packets: Iterator[Packet], stream: VideoStream, seconds: Fraction | None
) -> Iterator[Packet]:
    """The packets of `seconds` (None: all) for the output stream.

    Pictures behind the end are kept where pictures before it refer to them (B-frames): a few frames at most.
    """
    first, stop, step, room = None, None, 0, None
    later: list[Packet] = []
    for packet in packets:
        if first is None:
            first, step = packet.pts, frame_ticks(packet.stream)
            stop = None if seconds is None else packet.pts * packet.time_base + seconds
            room = None if seconds is None else max(round(seconds / packet.time_base), 1)  # in ticks
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
            # from an mp4. And none is shown for longer than the window.
            kept.duration = kept.duration or step
            if stop is not None and kept.pts < room:
                kept.duration = min(kept.duration, room - kept.pts)
            yield kept
        later.clear()
