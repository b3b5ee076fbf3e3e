"""Copies a window of a video stream packet by packet, bit for bit, shifted so that the picture on screen at
its beginning is at time 0.

Possible from a keyframe on, because the pictures after it refer to it, and with known times. Where the window
begins later than its keyframe, mp4 and mov hold the pictures between them at times below 0, which their edit
list keeps from being shown; other containers can't. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from .frames import frame_ticks, tells_times
from .window import finer

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

EDIT_LISTS = ("mp4", "mov")  # formats that hold pictures which are not shown

_SAME = Fraction(1, 1000)  # seconds: containers round timestamps to milliseconds
_LONGEST_LEAD = 20  # seconds that a file may hold unseen; usual keyframes lie 10 s apart or less


@dataclass(frozen=True)
class Copied:
    """`packets` in stored order from a keyframe on; `shown`: the time stamp of the picture on screen when the
    window begins at `begin` (container's clock); `leads`: the keyframe lies before that picture.
    """

    packets: Iterator[Packet]
    stream: VideoStream
    begin: Fraction
    shown: int
    leads: bool

    @property
    def clock(self) -> Fraction:
        """The source's tick, or a finer one where the window begins between two: else its first picture would
        stay for too long.
        """
        clock = self.stream.time_base
        return clock if abs(self.shown * clock - self.begin) <= _SAME else finer(clock)

    def before(self, end: Fraction) -> Iterator[Packet]:
        """Those that are decoded before `end`, in the container's clock."""
        return takewhile(lambda packet: packet.dts * packet.time_base < end, self.packets)


def copied_window(
    container: InputContainer, stream: VideoStream, begin: Fraction, zero: Fraction
) -> Copied | None:
    """The stream from `begin` on (container's clock, where the first frame is at `zero`); None if it can't be
    copied from there. The container must be freshly opened.
    """
    from av.error import FFmpegError

    if not tells_times(container, stream):
        return None
    # Some containers seek by decoding time, which lies before the time shown; none is sought before the
    # beginning, which FLV, GIF and avi refuse.
    early = begin - _LONGEST_LEAD - 1
    if early > zero:
        try:
            container.seek(int(early / stream.time_base), stream=stream)
        except FFmpegError:
            return None
    packets = _readable(container, stream)
    group: list[Packet] = []  # from the last keyframe at or before `begin`
    for packet in packets:
        if packet.pts is None:
            return None
        if packet.is_keyframe and packet.pts * packet.time_base <= begin + _SAME:
            group = [packet]
        elif group:
            group.append(packet)
        if packet.dts is not None and packet.dts * packet.time_base > begin + _SAME:
            break
    if not group or begin - group[0].pts * group[0].time_base > _LONGEST_LEAD:
        return None
    shown = max(p.pts for p in group if p.pts * p.time_base <= begin + _SAME)
    timed = _with_decoding_times(chain(group, packets), stream)
    return Copied(timed, stream, begin, shown, leads=shown != group[0].pts)


def _readable(container: InputContainer, stream: VideoStream) -> Iterator[Packet]:
    """Up to the end, or to where the file can't be read further."""
    from av.error import FFmpegError

    with suppress(FFmpegError, OSError):
        yield from (packet for packet in container.demux(stream) if packet.size)  # the last one is empty


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


def rising(packets: Iterator[Packet]) -> bool:
    """Whether all of them tell when they are shown and come later than the one before (not so in files that
    were strung together).
    """
    before = None
    for packet in packets:
        if packet.pts is None or (before is not None and before >= packet.dts):
            return False
        before = packet.dts
    return True


def add_copied_stream(out: OutputContainer, template: VideoStream, clock: Fraction, tag: str) -> VideoStream:
    """A stream like the source's: codec, size, colours, rotation, HDR metadata; times in ticks of `clock`,
    `tag` of four characters for the kind of codec (zeros: the container's usual one).
    """
    # opaque: also for codecs that FFmpeg can only decode, which is all that copying needs
    stream = out.add_stream_from_template(template, opaque=True)
    with suppress(RuntimeError):  # PyAV before 16 sets no clock here; the container's 1/90000 s serves
        stream.time_base = clock
    if template.average_rate:
        stream.codec_context.framerate = template.average_rate  # mov writes no timecode without
    stream.codec_context.codec_tag = tag
    return stream


def shifted_packets(copied: Copied, stream: VideoStream, seconds: Fraction | None) -> Iterator[Packet]:
    """The packets of `seconds` (None: all) for the output stream.

    Pictures behind the end are kept where pictures before it refer to them (B-frames): a few frames at most.
    """
    stop = None if seconds is None else copied.begin + seconds
    place = _Place(copied, seconds)
    first, later = None, []
    for packet in copied.packets:
        first = packet.pts if first is None else first
        if packet.pts < first:
            continue  # leading pictures of an open group: they refer to what was cut off
        if stop is not None and packet.dts * packet.time_base >= stop:
            return
        behind = stop is not None and packet.pts * packet.time_base >= stop
        if behind or (packet.is_discard and packet.pts > copied.shown):
            later.append(packet)
            continue
        for kept in (*later, packet):
            place.give(kept)
            kept.stream = stream
            yield kept
        later.clear()


class _Place:
    """New times for the packets of a window."""

    def __init__(self, copied: Copied, seconds: Fraction | None) -> None:
        self.shown, self.clock = copied.shown, copied.clock
        self.parts = int(copied.stream.time_base / self.clock)
        exact = self.parts == 1
        self.zero = copied.shown if exact else int(copied.begin / self.clock)
        self.step = frame_ticks(copied.stream) * self.parts
        self.room = None if seconds is None else max(round(seconds / self.clock), 1)  # ticks

    def give(self, packet: Packet) -> None:
        pts, dts = packet.pts * self.parts - self.zero, packet.dts * self.parts - self.zero
        # Transport streams don't say how long a frame is shown; a last frame of length 0 would vanish from
        # an mp4. And none is shown for longer than the window.
        duration = packet.duration * self.parts if packet.duration else self.step
        if packet.pts == self.shown:  # from the window's beginning on
            dts = dts if packet.dts < packet.pts else 0
            pts, duration = 0, max(duration + pts, 1)
        if self.room is not None and pts < self.room:
            duration = min(duration, self.room - pts)
        packet.time_base = self.clock
        packet.pts, packet.dts, packet.duration = pts, dts, duration
