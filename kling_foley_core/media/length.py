"""How long a film is: what can be read decides, what the header says is compared with it.

The length is the video stream's own, never the sound's. For a good file the last packets are read and agree
with the header; where they don't, every packet is read (none is decoded). The index of mp4 and mov knows each
frame's time on screen: where no frame is missing its length is taken, since frames that are reordered at a
varying rate don't tell theirs. Frames without timestamps are decoded and counted. Our choice.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from .formats import is_format
from .frames import VideoFrames, frame_rate, packet_end
from .window import OVERRUN

_STATING = ("matroska", "flv", "asf")  # their headers' length is that of the longest stream
_REORDERED = 32  # frames: no codec reorders over more


class _Pass(NamedTuple):
    """What reading packets found: how many of the film, the end of all streams (container's clock)."""

    frames: int
    end: Fraction


def film_length(frames: VideoFrames) -> tuple[Fraction, str | None]:
    """(seconds, a sentence where the file ends before its header says or in the middle of a packet); decodes
    nothing where frames have timestamps, and leaves the container at another place.
    """
    found = _read_end(frames) if frames.timed else _decode_all(frames)
    stated = _stated(frames)
    if _is_whole(frames, found):
        return max(stated or 0, frames.reached) if frames.indexed else frames.reached, None
    reached = f"{float(frames.reached):.3f} s"
    if stated is not None and stated > frames.reached:
        return frames.reached, (
            f"{frames.name} ends at {reached}, where its header says {float(stated):.3f} s: "
            "what can be read is used."
        )
    return frames.reached, f"{frames.name} is cut off at {reached}: what can be read is used."


def _decode_all(frames: VideoFrames) -> _Pass:
    return _Pass(sum(1 for _ in frames.near(Fraction(0))), Fraction(0))


def _read_end(frames: VideoFrames) -> _Pass:
    tail = Fraction(frames.container.duration or 0, 1_000_000) - _REORDERED / frame_rate(frames.stream)
    if tail > 0 and (found := _read(frames, tail)).frames and _is_whole(frames, found):
        return found
    return _read(frames, None)


def _read(frames: VideoFrames, since: Fraction | None) -> _Pass:
    counted, end = 0, Fraction(0)
    for packet in frames.packets(since):
        if packet.pts is None or packet.is_corrupt:
            continue
        film = packet.stream == frames.stream
        counted += film
        end = max(end, packet_end(packet, frames.stream) if film else packet.pts * packet.time_base)
    return _Pass(counted, end)


def _is_whole(frames: VideoFrames, found: _Pass) -> bool:
    """Whether nothing is missing at the end, as far as the container can tell."""
    if frames.broken:
        return False
    stated, slack = _stated(frames), OVERRUN + 2 / frame_rate(frames.stream)
    if stated is None or frames.reached >= stated - slack:
        return True
    if frames.indexed:
        return found.frames >= frames.stream.frames
    stating = is_format(frames.container.format.name, *_STATING)
    return stating and found.end >= Fraction(frames.container.duration, 1_000_000) - slack


def _stated(frames: VideoFrames) -> Fraction | None:
    """The film's length by the header, from its first frame; None where it says none."""
    stream, container = frames.stream, frames.container
    if frames.indexed:
        return stream.duration * stream.time_base
    if stream.frames and is_format(container.format.name, "avi"):
        return stream.frames * stream.time_base
    if container.duration and is_format(container.format.name, *_STATING):
        return Fraction(container.duration, 1_000_000) - frames.zero
    return None
