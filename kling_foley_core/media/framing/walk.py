"""Random access to a file's bytes, and where its framing breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PIECE = 2**20  # bytes; whole entries of a table of runs


class Break(NamedTuple):
    """The byte where the framing breaks; the file's size where it ends too early."""

    at: int


class Walk:
    """`size` bytes of a file, read where asked."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        file.seek(0, os.SEEK_END)
        self.size = file.tell()

    def at(self, place: int, count: int) -> bytes:
        """At most `count` bytes from `place` on."""
        self.file.seek(place)
        return self.file.read(count)

    def pieces(self, place: int, count: int) -> Iterator[bytes]:
        """The same bytes one piece after the other, for what may be large."""
        for done in range(0, count, _PIECE):
            yield self.at(place + done, min(_PIECE, count - done))
