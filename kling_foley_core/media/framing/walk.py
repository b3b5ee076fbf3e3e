"""Random access to a file's bytes, and where its framing breaks."""

from __future__ import annotations

import os
from typing import BinaryIO, NamedTuple


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
