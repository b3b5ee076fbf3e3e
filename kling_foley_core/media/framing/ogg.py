"""Framing of Ogg: pages, counted in each of its streams, the last one marked."""

from __future__ import annotations

from ...limits import MAX_BLOCKS
from .walk import Break, Walk

_LAST = 4


def ogg_break(walk: Walk) -> Break | None:
    place, expected, open_streams = 0, {}, set()
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 27)
        if not head:
            return Break(walk.size) if open_streams else None
        if head[:4] != b"OggS"[: len(head)]:
            return Break(place)
        if len(head) < 27:
            return Break(walk.size)
        stream, number = head[14:18], int.from_bytes(head[18:22], "little")
        if number != expected.get(stream, number):
            return Break(place)
        expected[stream] = number + 1
        open_streams.add(stream)
        if head[5] & _LAST:
            open_streams.discard(stream)
        place += 27 + head[26] + sum(walk.at(place + 27, head[26]))
        if place > walk.size:
            return Break(walk.size)
    return None
