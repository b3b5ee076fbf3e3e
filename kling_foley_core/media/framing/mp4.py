"""Framing of mp4 and mov: boxes with their lengths, and the tables that list a track's samples."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from ...errors import InputError
from ...limits import MAX_BLOCKS, MAX_SAMPLES
from .walk import Break, Walk

_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf"}  # that hold boxes
# bytes of an entry, behind a version and a count
_TABLES = {b"stts": 8, b"ctts": 8, b"stss": 4, b"stsc": 12, b"stco": 4, b"co64": 8, b"elst": 12}
_RUNS = (b"stts", b"ctts")  # whose entries each stand for a number of samples


def mp4_break(walk: Walk) -> Break | None:
    """Bytes behind the last box are common, between fragments they are damage."""
    fragments, place = False, 0
    for place, kind, _, end in _boxes(walk, 0, walk.size):
        if not kind.isalnum():
            return Break(place) if fragments else None
        fragments = fragments or kind == b"moof"
        if end > walk.size:
            return Break(walk.size)
        place = end
    if not fragments or place >= walk.size:
        return None
    return Break(place if place + 8 <= walk.size else walk.size)


def check_tables(walk: Walk, name: str) -> None:
    """InputError for a table that lists more than its box holds, too many runs, or samples than are read."""
    for kind, inside, end in _tables(walk, 0, walk.size):
        head = walk.at(inside, 12)
        if len(head) < 12:
            continue
        count, most = int.from_bytes(head[4:8], "big"), max(walk.size, MAX_SAMPLES)
        if kind == b"stsz":
            size, count = struct.unpack(">II", head[4:12])
            fits = count <= most if size else count * 4 <= end - inside  # of one size: there is no table
        elif kind == b"stsd":
            count = int.from_bytes(head[8:], "big")  # bytes of the first description
            fits = count <= end - inside - 8
        elif kind == b"trun":
            fits = count <= walk.size
        else:
            fits = count * _TABLES[kind] <= end - inside
            if fits and kind in _RUNS:
                fits = count <= MAX_SAMPLES and _samples(walk, inside + 8, count) <= most
        if not fits:
            raise InputError(
                f"{name} lists {count} entries in its table '{kind.decode()}', more than there can be: it is "
                "damaged; get the file again."
            )


def _samples(walk: Walk, place: int, count: int) -> int:
    """How many samples `count` runs stand for."""
    pieces = walk.pieces(place, 8 * count)
    return sum(int(np.frombuffer(piece, ">u4")[::2].sum(dtype=np.uint64)) for piece in pieces)


def _tables(walk: Walk, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _, kind, inside, after in _boxes(walk, place, end):
        if kind in _BOXES:
            yield from _tables(walk, inside, min(after, end))
        elif kind in _TABLES or kind in (b"stsd", b"stsz", b"trun"):
            yield kind, inside, min(after, end)


def _boxes(walk: Walk, place: int, end: int) -> Iterator[tuple[int, bytes, int, int]]:
    """(place, kind, where its content begins, where it ends) of one box after the other."""
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 16)
        if place >= end or len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        inside = place + 8
        if size == 1 and len(head) == 16:
            size, inside = struct.unpack(">Q", head[8:])[0], place + 16
        after = end if size == 0 else place + size
        yield place, kind, inside, after
        if after < inside:
            return
        place = after
