"""Ends the picture of an mp4 or mov where its window ends: the pictures behind it, which others before it
refer to, stay in the file and are not shown (edit list, ISO/IEC 14496-12 section 8.6.6).

FFmpeg writes where a track begins into the edit list, but always lets it run to its last picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_FIELDS = {0: struct.Struct(">I"), 1: struct.Struct(">Q")}  # of durations, by the box's version


def end_picture(path: Path, seconds: Fraction) -> None:
    """Lets the file's tracks beside the sound last `seconds` where they last longer."""
    with path.open("r+b") as file:
        begin, size = _movie(file)
        file.seek(begin)
        movie = bytearray(file.read(size))
        _end_tracks(movie, seconds)
        file.seek(begin)
        file.write(movie)


def _movie(file: BinaryIO) -> tuple[int, int]:
    """(place, size) of the content of the moov box."""
    place = 0
    while True:
        file.seek(place)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            head, (size,) = 16, struct.unpack(">Q", file.read(8))
        if kind == b"moov":
            return place + head, size - head
        place += size


def _end_tracks(movie: bytearray, seconds: Fraction) -> None:
    boxes = dict(_boxes(movie, 0, len(movie)))
    head = boxes[b"mvhd"][0]
    wide = movie[head] == 1
    (clock,) = struct.unpack_from(">I", movie, head + (20 if wide else 12))
    longest = 0
    for kind, (begin, end) in _boxes(movie, 0, len(movie)):
        if kind == b"trak":
            longest = max(longest, _end_track(movie, begin, end, round(seconds * clock)))
    _FIELDS[wide].pack_into(movie, head + (24 if wide else 16), longest)


def _end_track(movie: bytearray, begin: int, end: int, most: int) -> int:
    """The track's length in the movie's clock, at most `most` unless it is sound."""
    track = dict(_boxes(movie, begin, end))
    head = track[b"tkhd"][0]
    wide = movie[head] == 1
    length, place = _FIELDS[wide], head + (28 if wide else 20)
    (ticks,) = length.unpack_from(movie, place)
    media = dict(_boxes(movie, *track[b"mdia"]))
    handler = media[b"hdlr"][0] + 8
    if movie[handler : handler + 4] == b"soun" or ticks <= most:
        return ticks
    length.pack_into(movie, place, most)
    if b"edts" not in track:
        return most
    edits = dict(_boxes(movie, *track[b"edts"]))[b"elst"][0]
    field = _FIELDS[movie[edits]]
    step = field.size * 2 + 4
    (count,) = struct.unpack_from(">I", movie, edits + 4)
    last = edits + 8 + step * (count - 1)
    (shown,) = field.unpack_from(movie, last)
    field.pack_into(movie, last, max(shown - (ticks - most), 0))
    return most


def _boxes(movie: bytearray, begin: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """(kind, (begin, end) of the content) of the boxes side by side, all of them below 4 GB."""
    while begin + 8 <= end:
        size, kind = struct.unpack_from(">I4s", movie, begin)
        yield kind, (begin + 8, begin + size)
        begin += max(size, 8)
