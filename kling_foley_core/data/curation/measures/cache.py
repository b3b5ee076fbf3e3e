"""Measures that were taken before, in a cache folder: one small JSON file a piece, its checksum beside it.

A piece is known by the content of its files, wherever they lie; changed content is another piece. Our choice.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ....files.cached import reading, write_sum
from ....files.whole_file import made_folder, whole_file
from .measures import Measures

VERSION = 2  # of the definitions: another one measures anew
CHUNK = 2**20  # bytes


def content(path: Path) -> str:
    """Of all bytes of a file."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            digest.update(part)
    return digest.hexdigest()


class MeasureCache:
    """`folder` None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = None if folder is None else made_folder(folder, "the cache of measures")

    def load(self, key: str) -> Measures | None:
        """None: not there. InputError: damaged."""
        path = self._path(key)
        if path is None or not path.exists():
            return None
        with reading(path):
            return Measures.from_json(json.loads(path.read_text(encoding="utf-8")))

    def save(self, key: str, measures: Measures) -> None:
        path = self._path(key)
        if path is None:
            return
        made_folder(path.parent, "the cache of measures")
        with whole_file(path) as draft:
            draft.write_text(json.dumps(measures.as_json()), encoding="utf-8")
        write_sum(path)

    def _path(self, key: str) -> Path | None:
        if self.folder is None:
            return None
        name = hashlib.blake2b(f"{VERSION} {key}".encode(), digest_size=16).hexdigest()
        return self.folder / name[:2] / f"{name}.json"
