"""Decodes one video stream frame by frame, with exact times counted from the first frame, seeking where it
saves work.

Times are Fractions of a second: pts * time_base - zero, where zero is the first frame's time, which players
show at once. Frames without timestamps (raw streams, reordered H.264 or HEVC in avi) are counted at the
stream's average rate. Our choice throughout.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import InputError
from .opacity import opacity_decoder
from .source import video_stream

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_log = logging.getLogger(__name__)

TimedFrame = tuple[Fraction, "VideoFrame"]


def frame_rate(stream: VideoStream) -> Fraction:
    """The stream's average rate; 25 where the container knows none (a single picture)."""
    return stream.average_rate or stream.guessed_rate or Fraction(25)


def cut_short(name: str, reached: Fraction, end: Fraction) -> InputError:
    """The error for a video that ends at `reached`, before the window's `end`."""
    return InputError(
        f"{name} is cut short: its video can be read up to {float(reached):.3f} s, "
        f"but the window ends at {float(end):.3f} s; choose a window before that or get the file again."
    )


def frame_ticks(stream: VideoStream) -> int:
    """The average time from frame to frame in the stream's own clock."""
    return max(round(1 / (frame_rate(stream) * stream.time_base)), 1)


def tells_times(container: InputContainer, stream: VideoStream) -> bool:
    """False where the times read are made up: avi stores none, and those that FFmpeg guesses for reordered
    H.264 and HEVC go by the order of decoding.
    """
    codec = stream.codec_context
    guessed = container.format.name == "avi" and codec.codec.canonical_name in ("h264", "hevc")
    return not (guessed and codec.has_b_frames)


def packet_end(packet: Packet, stream: VideoStream) -> Fraction | None:
    """When the packet's frame stops being shown, in the container's clock; unknown lengths count as one
    frame.
    """
    if packet.pts is None:
        return None
    shown = packet.duration * packet.time_base if packet.duration else 1 / frame_rate(stream)
    return packet.pts * packet.time_base + shown


class VideoFrames:
    """The frames of a container's video in the order they are shown.

    `first` is the first frame, `zero` its time in the container's clock, `reached` the end of the last packet
    read so far (from zero). Damaged data raises InputError that says how far reading got.
    """

    def __init__(self, container: InputContainer, name: str, *, opacity: bool = False) -> None:
        self.container, self.name = container, name
        self.stream = video_stream(container, name)
        self.decoder = opacity_decoder(self.stream) if opacity else self.stream
        self.zero, self.reached, self.timed = Fraction(0), Fraction(0), tells_times(container, self.stream)
        self._rest = self._decoded()
        _, self.first = next(self._rest, (None, None))
        if self.first is None:
            raise InputError(
                f"{name} has a video stream without a single readable frame; it is damaged or cut short."
            )
        self.timed = self.timed and self.first.pts is not None
        if self.timed:
            self.zero = self.first.pts * self.first.time_base
            self.reached -= self.zero

    def near(self, start: Fraction) -> Iterator[TimedFrame]:
        """Frames from a keyframe at or before `start` to the end, times strictly rising; to be called
        once.
        """
        if start > 0 and self.timed:
            frames = self._seek(start)
        else:
            frames = chain([(Fraction(0), self.first)], self._rest)
        self.first, self._rest = None, iter(())  # the decoder's buffer of the first frame is free again
        return _rising(frames)

    def read_to_end(self) -> None:
        """Reads packets without decoding them until `reached` is the end of the video: the last few where the
        container says roughly where it ends and can seek there, else all.
        """
        from av.error import FFmpegError

        length = Fraction(self.container.duration or 0, 1_000_000)
        # The last packet is not always the last one shown; no codec reorders over more than 32 frames.
        tail = length - 32 / frame_rate(self.stream)
        with self._telling_how_far():
            if tail > 0 and self._seek_packet(tail):
                with suppress(FFmpegError):
                    if self._count_rest():
                        return
                    self._seek_packet(Fraction(0))
            self._count_rest()

    def _seek_packet(self, time: Fraction) -> bool:
        """Goes to a keyframe at or before `time`. False where the container is at its beginning instead: it
        can't seek, and a seek that failed may have left it anywhere, even at its end.
        """
        from av.error import FFmpegError

        if time > 0:
            with suppress(FFmpegError):
                self._jump(time)
                return True
        # Transport streams go by decoding times, and the first one lies before the first frame's time; FLV,
        # GIF and avi refuse what lies before the first frame.
        try:
            self._jump(Fraction(-1))
        except FFmpegError:
            self._jump(Fraction(0))
        return False

    def _jump(self, time: Fraction) -> None:
        self.container.seek(int((time + self.zero) / self.stream.time_base), stream=self.stream)

    def _count_rest(self) -> int:
        counted = 0
        for packet in self.container.demux(self.stream):
            if packet.pts is not None:
                self._count(packet)
                counted += 1
        return counted

    def _seek(self, start: Fraction) -> Iterator[TimedFrame]:
        """Seeks go by decoding times or to a damaged start in some containers, so go further back until it
        fits.
        """
        back = Fraction(0)
        while True:
            target = max(start - back, Fraction(0))
            with self._telling_how_far():
                sought = self._seek_packet(target)
            frames = self._decoded()
            head = next(frames, None)
            if not sought or (head is not None and head[0] <= start):
                return frames if head is None else chain([head], frames)
            back = 2 * back or Fraction(1)

    def _decoded(self) -> Iterator[TimedFrame]:
        counted, step = Fraction(0), 1 / frame_rate(self.stream)
        with self._telling_how_far():
            for packet in self.container.demux(self.stream):
                frames = self.decoder.decode(packet)
                self._count(packet)  # before its frames: who takes one of them may read on elsewhere
                for frame in frames:
                    known = self.timed and frame.pts is not None
                    time = frame.pts * frame.time_base - self.zero if known else counted
                    counted = time + step
                    if not self.timed:
                        self.reached = max(self.reached, counted)
                    yield time, frame

    def _count(self, packet: Packet) -> None:
        end = packet_end(packet, self.stream)
        if self.timed and end is not None and not packet.is_discard:
            self.reached = max(self.reached, end - self.zero)

    @contextmanager
    def _telling_how_far(self) -> Iterator[None]:
        from av.error import FFmpegError

        try:
            yield
        except FFmpegError as e:
            raise InputError(
                f"{self.name} is damaged or cut short: its video can be read up to "
                f"{float(self.reached):.3f} s, then fails ({e}); choose a window before that "
                "or get the file again."
            ) from e


def _rising(frames: Iterator[TimedFrame]) -> Iterator[TimedFrame]:
    """Leaves out frames that don't come later than the one before: broken containers repeat timestamps, files
    that were strung together begin anew."""
    last, left_out = None, 0
    for time, frame in frames:
        if last is None or time > last:
            yield time, frame
            last = time
        else:
            left_out += 1
    if left_out:
        _log.warning("%d frames are left out: their times are not later than those before.", left_out)
