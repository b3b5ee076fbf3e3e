"""Digits that change with a file's content, known at once when the same file is looked at again.

Up to WHOLE bytes all of them are read. Of a larger file (an hour of film, a tower's weights) PIECES of
it and the time it was last changed count: reading it whole could take longer than the work that is saved.
The digits are noted beside the file's size, times and number: where these are the same, so is the content.
Our choice.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .keys import key_of
from .store import Store

WHOLE = 2**30  # bytes
PIECES, PIECE = 128, 2**20
SETTLED = 2 * 10**9  # nanoseconds: a file changed since may change once more within its time's resolution


@dataclass(frozen=True)
class FileAsSeen:
    """A file, and what the system said of it then."""

    path: Path
    stamp: tuple[int, ...]

    @classmethod
    def of(cls, path: str | os.PathLike) -> FileAsSeen:
        """OSError where there is none."""
        real = Path(os.path.realpath(path))
        return cls(real, _stamp(real.stat()))

    def unchanged(self) -> bool:
        try:
            return _stamp(self.path.stat()) == self.stamp
        except OSError:
            return False

    def digest(self, store: Store) -> str | None:
        """None where it has been changed since it was seen."""
        key = key_of("file", str(self.path))
        noted = store.note(key)
        if noted is not None and noted.get("stamp") == list(self.stamp) and self.unchanged():
            return noted["digest"]
        try:
            with self.path.open("rb") as file:
                digest = digest_of_bytes(file)
        except OSError:
            return None
        if not self.unchanged():
            return None
        if time.time_ns() - max(self.stamp[1:3]) > SETTLED:
            store.keep_note(key, {"stamp": list(self.stamp), "digest": digest})
        return digest


def digest_of_bytes(file: BinaryIO) -> str:
    """Of an open file, from its beginning."""
    size = file.seek(0, os.SEEK_END)
    changed = _changed(file) if size > WHOLE else None
    digest = hashlib.sha256(json.dumps([size, changed]).encode())
    places = range(0, size, PIECE)
    if changed is not None:
        places = (k * (size - PIECE) // (PIECES - 1) for k in range(PIECES))
    for place in places:
        file.seek(place)
        digest.update(file.read(PIECE))
    file.seek(0)
    return digest.hexdigest()


def _changed(file: BinaryIO) -> int | None:
    """None for bytes that lie in memory, which are all read."""
    try:
        return os.fstat(file.fileno()).st_mtime_ns
    except (AttributeError, OSError):
        return None


def _stamp(facts: os.stat_result) -> tuple[int, ...]:
    """The third is the time of the last change of any kind, which nobody sets back."""
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino
