"""Framing of Matroska and WebM (EBML): elements with identifier and length, blocks in clusters."""

from __future__ import annotations

from ...limits import MAX_BLOCKS
from .walk import Break, Walk

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_IN_ANY = {0xEC, 0xBF}  # Void, CRC-32
_IN_SEGMENT = _IN_ANY | {
    _CLUSTER,
    0x114D9B74,  # SeekHead
    0x1549A966,  # Info
    0x1654AE6B,  # Tracks
    0x1C53BB6B,  # Cues
    0x1254C367,  # Tags
    0x1043A770,  # Chapters
    0x1941A469,  # Attachments
}
_IN_CLUSTER = _IN_ANY | {
    0xE7,  # Timestamp
    0xA3,  # SimpleBlock
    0xA0,  # BlockGroup
    0xAB,  # PrevSize
    0xA7,  # Position
    0x5854,  # SilentTracks
    0xAF,  # EncryptedBlock
}


def ebml_break(walk: Walk) -> Break | None:
    head = _element(walk, 0)
    if head is None or head[2] is None:
        return Break(walk.size)
    segment = _element(walk, head[2])
    if segment is None or segment[0] != _SEGMENT:
        return Break(min(head[2], walk.size))
    _, place, end = segment
    if end is None:
        return _segment_break(walk, place, walk.size)
    return _segment_break(walk, place, min(end, walk.size)) or (Break(walk.size) if end > walk.size else None)


def _segment_break(walk: Walk, place: int, end: int) -> Break | None:
    """Elements of the segment; those of a cluster are looked at as well, then the cluster's end is where they
    end."""
    in_cluster = False
    for _ in range(MAX_BLOCKS):
        if place >= end:
            return None
        element = _element(walk, place)
        if element is None:
            return Break(walk.size if end - place < 12 else place)
        kind, inside, after = element
        if kind not in _IN_SEGMENT and not (in_cluster and kind in _IN_CLUSTER):
            return Break(place)
        in_cluster = kind == _CLUSTER or (in_cluster and kind in _IN_CLUSTER)
        if (after is None and kind != _CLUSTER) or (after or 0) > end:
            return Break(walk.size)
        place = inside if kind == _CLUSTER else after
    return None


def _element(walk: Walk, place: int) -> tuple[int, int, int | None] | None:
    """(identifier, where its content begins, where it ends or None if that is not said); None: no element."""
    head = walk.at(place, 12)
    if not head or not head[0] & 0xF0:
        return None
    width = 9 - head[0].bit_length()
    rest = head[width:]
    if not rest or not rest[0]:
        return None
    length = 9 - rest[0].bit_length()
    if len(rest) < length:
        return None
    value = int.from_bytes(rest[:length], "big") & (1 << 7 * length) - 1
    inside = place + width + length
    unknown = value == (1 << 7 * length) - 1
    return int.from_bytes(head[:width], "big"), inside, None if unknown else inside + value
