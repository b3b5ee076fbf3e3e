"""Framing of RIFF (AVI, WAV), FLV, PNG and GIF: chunks with their lengths, one behind the other."""

from __future__ import annotations

import struct
import zlib

from ...errors import InputError
from ...limits import MAX_BLOCKS, MAX_PNG_CHUNK
from .walk import Break, Walk

_UNKNOWN = (0, 0xFFFFFFFF)  # written into a pipe: nobody went back to fill it in
_ROUNDED = 8  # some writers count the chunk's own header, too
_FLV_TAGS = (8, 9, 18)  # sound, picture, script
_GIF_IMAGE, _GIF_EXTENSION, _GIF_END = 0x2C, 0x21, 0x3B


def riff_break(walk: Walk) -> Break | None:
    """AVI beyond 1 GB is several RIFF chunks."""
    place = 0
    while (head := walk.at(place, 8))[:4] == b"RIFF" and len(head) == 8:
        length = struct.unpack("<I", head[4:])[0]
        if length in _UNKNOWN:
            return None
        end = place + 8 + length + length % 2
        if end > walk.size + _ROUNDED:
            return Break(walk.size)
        if (broken := _chunks_break(walk, place + 12, end)) is not None:
            return broken
        place = end
    return None


def _chunks_break(walk: Walk, place: int, end: int) -> Break | None:
    """Of the chunks within a RIFF chunk, also in its lists of packets."""
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 12)
        if len(head) < 8 or place + 8 > end:
            return None
        length = struct.unpack("<I", head[4:8])[0]
        if not head[:4].isascii() or (length != _UNKNOWN[1] and place + 8 + length > end + _ROUNDED):
            return Break(place)
        inside = head[:4] == b"LIST" and head[8:] in (b"movi", b"rec ")
        place += 12 if inside else 8 + length + length % 2
    return None


def flv_break(walk: Walk) -> Break | None:
    place = int.from_bytes(walk.at(5, 4), "big") + 4
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 4)
        if not head:
            return None
        if head[0] & 0x1F not in _FLV_TAGS:
            return Break(place)
        place += 11 + int.from_bytes(head[1:4], "big") + 4
        if place - 4 > walk.size:  # the length behind the last tag may be missing
            return Break(walk.size)
    return None


def png_break(walk: Walk) -> Break | None:
    """Each chunk has a checksum."""
    place = 8
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 8)
        if len(head) < 8:
            return Break(walk.size)
        length = int.from_bytes(head[:4], "big")
        if place + 12 + length > walk.size:
            return Break(walk.size if head[4:].isalpha() else place)
        checksum = int.from_bytes(walk.at(place + 8 + length, 4), "big")
        if _checksum(walk, place + 4, 4 + length) != checksum:
            return Break(place)
        if head[4:] == b"IEND":
            return None
        place += 12 + length
    return None


def check_png(walk: Walk, name: str) -> None:
    """InputError for a chunk of more than MAX_PNG_CHUNK bytes that are there."""
    place = 8
    for _ in range(MAX_BLOCKS):
        head = walk.at(place, 4)
        if len(head) < 4:
            return
        length = int.from_bytes(head, "big")
        if min(length, walk.size - place) > MAX_PNG_CHUNK:
            raise InputError(
                f"{name} is a PNG with a chunk of {length:,} bytes: at most {MAX_PNG_CHUNK:,} are read; save "
                "the picture again."
            )
        place += 12 + length


def _checksum(walk: Walk, place: int, count: int) -> int:
    found = 0
    for piece in walk.pieces(place, count):
        found = zlib.crc32(piece, found)
    return found


def gif_break(walk: Walk) -> Break | None:
    place = 13 + _palette(walk.at(10, 1))
    for _ in range(MAX_BLOCKS):
        kind = walk.at(place, 1)
        if not kind:
            return Break(walk.size)
        if kind[0] == _GIF_END:
            return None
        if kind[0] == _GIF_IMAGE:
            after = _after_blocks(walk, place + 11 + _palette(walk.at(place + 9, 1)))
        elif kind[0] == _GIF_EXTENSION:
            after = _after_blocks(walk, place + 2)
        else:
            return Break(place)
        if after is None:
            return Break(walk.size)
        place = after
    return None


def _palette(flags: bytes) -> int:
    """Bytes of the palette that the flags announce."""
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _after_blocks(walk: Walk, place: int) -> int | None:
    """The place behind a row of blocks, each with its length; None where the file ends before."""
    while length := walk.at(place, 1):
        place += 1 + length[0]
        if not length[0]:
            return place
    return None
