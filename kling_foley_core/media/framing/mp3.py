"""Framing of MP3: the first frame of most files says, under Xing or Info, how many bytes all of them have."""

from __future__ import annotations

from .walk import Break, Walk

_FRAMES, _BYTES = 1, 2  # flags: which numbers follow, in this order
_REACH = 200  # bytes of a frame's header and side information


def mp3_break(walk: Walk) -> Break | None:
    place = _behind_tag(walk)
    head = walk.at(place, _REACH)
    mark = max(head.find(b"Xing"), head.find(b"Info"))
    flags = int.from_bytes(head[mark + 4 : mark + 8], "big")
    if mark < 0 or not flags & _BYTES:
        return None
    at = mark + (12 if flags & _FRAMES else 8)
    stated = int.from_bytes(head[at : at + 4], "big")
    return Break(walk.size) if place + stated > walk.size else None


def _behind_tag(walk: Walk) -> int:
    """An ID3 tag's length has seven bits a byte."""
    head = walk.at(0, 10)
    if head[:3] != b"ID3":
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
