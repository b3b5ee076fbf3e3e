"""Decodes one video stream frame by frame, with exact times counted from the first frame, seeking where it
saves work.

Times are Fractions of a second: pts * time_base - zero, where zero is the first frame's time, which players
show at once. Frames without timestamps (raw streams, reordered H.264 or HEVC in avi) are counted at the
stream's average rate. A still picture is a film of 25 frames a second without an end. What can't be decoded
is left out and noted; reading ends where the file can't be read further. Our choice throughout.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, count
from typing import TYPE_CHECKING

from ..errors import InputError
from ..limits import MAX_FRAME_PIXELS, MAX_FRAME_RATE
from .damage import Damage
from .formats import is_format
from .opacity import opacity_decoder
from .sparing import Sparing, UnexpectedPictureError, spares
from .streams import check_frame_size, demuxed, is_still, may_be_still, video_stream

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_log = logging.getLogger(__name__)

TimedFrame = tuple[Fraction, "VideoFrame"]
Needs = Callable[[Fraction, Fraction, Fraction], bool]  # times of the frame before, of this one, of the next

_USUAL_RATE = Fraction(25)
_LEAST_RATE = Fraction(1, 10)  # frames a second; headers with less tell nonsense


def frame_rate(stream: VideoStream) -> Fraction:
    """The stream's average rate; 25 where the container knows none that can be (a single picture)."""
    stated = (stream.average_rate, stream.guessed_rate)
    return next((rate for rate in stated if rate and _LEAST_RATE <= rate < MAX_FRAME_RATE), _USUAL_RATE)


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

    `first` is the first frame, `zero` its time in the container's clock, `reached` the end of the last whole
    packet read so far (from zero), `still` whether it is one picture, `indexed` whether the header lists
    every frame; `damage` is what was wrong on the way.
    """

    def __init__(self, container: InputContainer, name: str, *, opacity: bool = False) -> None:
        self.container, self.name = container, name
        self.stream = video_stream(container, name)
        # not in fragments, where each lists its own
        self.indexed = bool(
            is_format(container.format.name, "mov") and self.stream.frames and self.stream.duration
        )
        self.decoder = opacity_decoder(self.stream) if opacity else self.stream
        self.zero, self.reached, self.timed = Fraction(0), Fraction(0), tells_times(container, self.stream)
        self.damage = Damage(indexed=self.indexed)
        self.broken = False  # whether reading ended with an error, or in the middle of a packet
        self.sparing = Sparing()
        self._rest = self._decoded()
        _, self.first = next(self._rest, (None, None))
        if self.first is None:
            raise InputError(
                f"{name} has a video stream without a single readable frame; it is damaged, cut short or of "
                f"more than {MAX_FRAME_PIXELS:,} pixels."
            )
        self.timed = self.timed and self.first.pts is not None
        if self.timed:
            self.zero = self.first.pts * self.first.time_base
            self.reached -= self.zero
        self.still = is_still(container, self.stream) or (may_be_still(container) and not self._has_second())

    def near(
        self, start: Fraction, needs: Needs | None = None
    ) -> Iterator[tuple[Fraction, VideoFrame | None]]:
        """Frames from a keyframe at or before `start` to the end, times strictly rising; to be called
        once. With `needs` those it says no to are None where decoding them can be spared (sparing.py), and
        `UnexpectedPictureError` is raised where all must be decoded.
        """
        if self.still:
            return self._held(start)
        if needs is not None and self._may_spare():
            self.sparing.wants = lambda *ticks: needs(*map(self._time, ticks))
        if start > 0 and self.timed:
            frames = self._seek(start)
        else:
            frames = chain([(Fraction(0), self.first)], self._rest)
        self.first, self._rest = None, iter(())  # the decoder's buffer of the first frame is free again
        return self.damage.checked(_rising(frames))

    def _may_spare(self) -> bool:
        """Fields of a picture may lie in packets of their own, and each alone would be half of it."""
        way = spares(self.stream) if self.timed else None
        return way == "packet" or (way is not None and not self.first.interlaced_frame)

    def packets(self, since: Fraction | None = None) -> Iterator[Packet]:
        """Packets of every stream, not decoded, the film's counted in `reached`: from a keyframe at or before
        `since`, or from the beginning. None at all where the container can't seek to `since`.
        """
        self.first, self._rest, self.broken = None, iter(()), False
        if not self._seek_packet(since or Fraction(0)) and since is not None:
            return
        for packet in self._demuxed():
            if packet.stream == self.stream:
                self._count(packet)
            yield packet

    def _has_second(self) -> bool:
        second = next(self._rest, None)
        if second is not None:
            self._rest = chain([second], self._rest)
        return second is not None

    def _held(self, start: Fraction) -> Iterator[TimedFrame]:
        for i in count(int(start * _USUAL_RATE)):
            self.reached = (i + 1) / _USUAL_RATE
            yield i / _USUAL_RATE, self.first

    def _seek_packet(self, time: Fraction) -> bool:
        """Goes to a keyframe at or before `time`. False where the container is at its beginning instead: it
        can't seek, and a seek that failed may have left it anywhere, even at its end.
        """
        from av.error import FFmpegError

        if time > 0:
            with suppress(FFmpegError, OSError):
                self._jump(time)
                return True
        # Transport streams go by decoding times, and the first one lies before the first frame's time; FLV,
        # GIF and avi refuse what lies before the first frame.
        try:
            self._jump(Fraction(-1))
        except (FFmpegError, OSError):
            with suppress(FFmpegError, OSError):
                self._jump(Fraction(0))
        return False

    def _jump(self, time: Fraction) -> None:
        self.container.seek(int((time + self.zero) / self.stream.time_base), stream=self.stream)

    def _seek(self, start: Fraction) -> Iterator[TimedFrame]:
        """Seeks go by decoding times or to a damaged start in some containers, so go further back until it
        fits.
        """
        back = Fraction(0)
        while True:
            target = max(start - back, Fraction(0))
            sought = self._seek_packet(target)
            frames = self._decoded()
            head = next(frames, None)
            if not sought or (head is not None and head[0] <= start):
                return frames if head is None else chain([head], frames)
            back = 2 * back or Fraction(1)

    def _decoded(self) -> Iterator[tuple[Fraction, VideoFrame | None]]:
        counted, step = Fraction(0), 1 / frame_rate(self.stream)
        sparing = self.sparing = Sparing(self.sparing.wants)
        for packet, spare in sparing.planned(self._demuxed(self.stream)):
            frames = self._spared(packet) if spare else self._decode(packet)
            if packet is not None:
                self._count(packet)  # before its frames: who takes one of them may read on elsewhere
            for frame in frames:
                check_frame_size(frame.width, frame.height, self.name)  # it can change on the way
                for ticks in sparing.passed(frame):
                    yield self._time(ticks), None
                known = self.timed and frame.pts is not None
                time = frame.pts * frame.time_base - self.zero if known else counted
                counted = time + step
                if not self.timed:
                    self.reached = max(self.reached, counted)
                yield time, frame
        for ticks in sparing.rest():
            yield self._time(ticks), None

    def _time(self, ticks: int) -> Fraction:
        return ticks * self.stream.time_base - self.zero

    def _demuxed(self, *streams: VideoStream) -> Iterator[Packet]:
        """Packets up to the end, or to where the file can't be read further."""
        from av.error import FFmpegError

        try:
            yield from demuxed(self.container, *streams)
        except (FFmpegError, OSError):
            self.broken = True

    def _spared(self, packet: Packet) -> list[VideoFrame]:
        """What still comes out where the packet's picture is not needed."""
        if spares(self.stream) == "packet":
            return []
        context = self.stream.codec_context
        context.skip_frame = "NONREF"
        try:
            return self._decode(packet)
        finally:
            context.skip_frame = "DEFAULT"

    def _decode(self, packet: Packet | None) -> list[VideoFrame]:
        """The frames that the packet completes; None: those the decoder still holds where reading ended."""
        from av.error import FFmpegError

        try:
            frames = self.decoder.decode(packet)
        except EOFError:  # it was told already that there is no more
            return []
        except FFmpegError as e:
            if self.sparing.wants is not None:
                raise UnexpectedPictureError("a packet can't be decoded") from e
            end = packet and packet_end(packet, self.stream)
            self.damage.spoilt.append(end - self.zero if end is not None else self.reached)
            return []
        for frame in frames:  # those that were held have no clock
            frame.time_base = frame.time_base or self.stream.time_base
        return frames

    def _count(self, packet: Packet) -> None:
        self.broken = packet.is_corrupt  # only a part of it was there
        if self.broken:
            return
        end = packet_end(packet, self.stream)
        if self.timed and end is not None and not packet.is_discard:
            self.reached = max(self.reached, end - self.zero)


def _rising(
    frames: Iterator[tuple[Fraction, VideoFrame | None]],
) -> Iterator[tuple[Fraction, VideoFrame | None]]:
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
