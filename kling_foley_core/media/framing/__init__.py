"""A container's own framing, read byte by byte before FFmpeg sees the file: whether its blocks follow on one
another to the end, and whether what it claims to list can be there.

FFmpeg skips what it can't read and stops without a word where a file ends too early; recordings without a
length in their header tell it nowhere else. Our choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from .chunks import check_png, flv_break, gif_break, png_break, riff_break
from .ebml import ebml_break
from .mp3 import mp3_break
from .mp4 import check_tables, mp4_break
from .ogg import ogg_break
from .ts import is_transport_stream, ts_break
from .walk import Break, Walk

_KINDS: dict[bytes, Callable[[Walk], Break | None]] = {
    b"\x1a\x45\xdf\xa3": ebml_break,
    b"RIFF": riff_break,
    b"FLV\x01": flv_break,
    b"OggS": ogg_break,
    b"\x89PNG": png_break,
    b"GIF8": gif_break,
}
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")


def framing_note(file: BinaryIO, name: str) -> str | None:
    """A sentence where the framing breaks; None where it holds, or isn't known."""
    try:
        walk = Walk(file)
        broken = _broken(walk)
        file.seek(0)
    except OSError as e:
        return f"{name} can't be read to its end ({e.strerror or e}): what can be read is used."
    if broken is None:
        return None
    if broken.at >= walk.size:
        return f"{name} is cut off in the middle: what can be read is used."
    return f"{name} is damaged at byte {broken.at} of {walk.size}: what can be read is used."


def _broken(walk: Walk) -> Break | None:
    head = walk.at(0, 512)
    if head[:4] in _KINDS:
        return _KINDS[head[:4]](walk)
    if head[4:8] == b"ftyp":
        return mp4_break(walk)
    if head[:3] == b"ID3" or head[:2] in _MP3_FRAMES:
        return mp3_break(walk)
    return ts_break(walk) if is_transport_stream(head) else None


def check_claims(file: BinaryIO, name: str) -> None:
    """InputError for an mp4 whose tables list more than there is, and for a PNG's chunk that is too large:
    memory for them would be taken at once."""
    walk = Walk(file)
    if walk.at(4, 4) in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        check_tables(walk, name)
    elif walk.at(0, 4) == b"\x89PNG":
        check_png(walk, name)
    file.seek(0)
