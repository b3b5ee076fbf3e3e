"""Which packets of a film need not be decoded: those whose picture no slot shows and no other refers to.

A picture is left out if no slot is nearest to it between one that is known to be shown before it and one
after it; what is shown in every slot stays the same. It may be left out where each packet is decoded by
itself (ProRes, DNxHD, MJPEG and the like), and where the decoder itself sees that no other picture refers
to it: H.264 (nal_ref_idc 0) and HEVC with one temporal layer (sub-layer non-reference pictures), where they
are not interlaced. Elsewhere everything is decoded: MPEG-2 does not tell all damage, in MPEG-4 a packet can
hold two pictures, VP8, VP9 and AV1 hide pictures in packets. All this holds for films that are as they say;
where one isn't, `UnexpectedPictureError` is raised, and the reader decodes everything. Our choice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.video.stream import VideoStream

Wants = Callable[[int, int, int], bool]  # ticks of the picture before, of the one in question, of the next

_AHEAD = 2  # packets that are looked at before one is decided on: its neighbours come early, or it is decoded
_BEHIND = 32  # pictures: no codec reorders over more


class UnexpectedPictureError(Exception):
    """What the decoder gives isn't what the packets promised."""


class Planned(NamedTuple):
    """A packet, None at the end; `spare`: its picture is not needed."""

    packet: Packet | None
    spare: bool


def spares(stream: VideoStream) -> str | None:
    """How pictures of this stream are left out: "packet", by not decoding theirs, or "picture", by the
    decoder; None: not at all.
    """
    context = stream.codec_context
    name = context.codec.canonical_name
    if context.codec.intra_only:
        return "packet"
    if name == "h264" or (name == "hevc" and _temporal_layers(context.extradata or b"") == 1):
        return "picture"
    return None


def _temporal_layers(header: bytes) -> int | None:
    """Of HEVC, by its configuration record (ISO/IEC 14496-15) or its video parameter set (H.265, 7.3.2.1)."""
    if header[:1] == b"\x01":
        return header[21] >> 3 & 7 if len(header) > 21 else None
    place = header.find(b"\0\0\1\x40\x01")
    return (header[place + 6] >> 1 & 7) + 1 if 0 <= place < len(header) - 6 else None


class Sparing:
    """One pass over a film's packets in the order of decoding: `planned` decides about them, `passed` checks
    what comes out. Decodes everything and checks nothing as long as `wants` is None.
    """

    def __init__(self, wants: Wants | None = None) -> None:
        self.wants = wants
        self.known: deque[int] = deque(maxlen=_BEHIND)  # ticks of pictures that are shown
        self.due: set[int] = set()  # of those that must come out
        self.spared: set[int] = set()  # of those that need not, and have not yet
        self.last: int | None = None  # of the last that came out

    def planned(self, packets: Iterable[Packet]) -> Iterator[Planned]:
        """All `packets`, then the end."""
        ahead: deque[Packet] = deque()
        for packet in packets:
            ahead.append(packet)
            if _is_shown(packet):
                self.known.append(packet.pts)
            if len(ahead) > _AHEAD:
                yield self._decided(ahead.popleft())
        while ahead:
            yield self._decided(ahead.popleft())
        yield Planned(None, spare=False)

    def passed(self, frame: VideoFrame) -> list[int]:
        """Ticks of what was left out before this frame."""
        if self.wants is not None:
            self._check(frame)
        at, first = frame.pts, self.last is None
        self.last = at
        if at is None:
            return []
        before = sorted(ticks for ticks in self.spared if ticks < at)
        self.due = {ticks for ticks in self.due if ticks > at}
        self.spared = {ticks for ticks in self.spared if ticks > at}
        return [] if first else before

    def rest(self) -> list[int]:
        """Ticks of what was left out behind the last frame."""
        if self.wants is not None and self.due:
            raise UnexpectedPictureError("a picture did not come out")
        return sorted(self.spared)

    def _decided(self, packet: Packet) -> Planned:
        spare = _is_shown(packet) and self._is_spare(packet.pts)
        if _is_shown(packet):
            (self.spared if spare else self.due).add(packet.pts)
        return Planned(packet, spare)

    def _is_spare(self, at: int) -> bool:
        if self.wants is None:
            return False
        before = max((ticks for ticks in self.known if ticks < at), default=None)
        following = min((ticks for ticks in self.known if ticks > at), default=None)
        return before is not None and following is not None and not self.wants(before, at, following)

    def _check(self, frame: VideoFrame) -> None:
        """What a picture is left out for must be there; not before the first, where pictures refer to others
        that are not read."""
        if frame.is_corrupt:
            raise UnexpectedPictureError("a picture is damaged")
        if frame.pts is None or (self.last is not None and frame.pts <= self.last):
            raise UnexpectedPictureError("a picture comes out of order")
        if self.last is not None and any(ticks < frame.pts for ticks in self.due):
            raise UnexpectedPictureError("a picture did not come out")


def _is_shown(packet: Packet) -> bool:
    """Whether a picture is to be expected at the packet's time."""
    return packet.pts is not None and packet.size > 0 and not (packet.is_corrupt or packet.is_discard)
