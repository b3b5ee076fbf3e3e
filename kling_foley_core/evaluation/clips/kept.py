"""What was made of sounds, films and texts, kept in a folder by content: any run, process or machine that
meets the same content again finds it.

Entries are those of the encoders' cache (cache/store.py): whole or not there, with a checksum. They lie in
256 folders by the first digits of their keys, since a benchmark has a hundred thousand. Nothing is deleted:
the folder is the user's. Our choice.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...cache.content import FileAsSeen
from ...cache.keys import code, key_of
from ...cache.store import Store
from ...errors import InputError
from ...files.whole_file import made_folder

LIMIT = 2**40  # bytes of one of the folders: no entry makes room for another
# Whose code reads, measures and encodes.
ROOMS = (
    "analysis",
    "checkpoints",
    "data/curation/measures",
    "encoders",
    "evaluation",
    "media",
    "mix",
    "networks",
    "preview",
    "ranking",
)


class NotKeptError(InputError):
    """What was made can't be kept: without it the work would be done again and again."""


class Kept:
    def __init__(self, folder: Path) -> None:
        """InputError where the folder can't be made."""
        self.folder = made_folder(folder, "--features")
        self._stores: dict[str, Store] = {}

    def key(self, *facts: object) -> str:
        """Of all that an entry depends on, beside the code that makes it."""
        return key_of(*facts, code(ROOMS))

    def digest(self, path: Path) -> str:
        """Of a file's content. InputError where it can't be read."""
        try:
            digest = FileAsSeen.of(path).digest(self)
        except OSError as error:
            raise InputError(f"{path} can't be read ({error.strerror or error}); check it.") from error
        if digest is None:
            raise InputError(
                f"{path} was changed while it was read, or can't be read; run the command again."
            )
        return digest

    def tensors(self, key: str) -> dict[str, Tensor] | None:
        return self._store(key).tensors(key)

    def keep(self, key: str, tensors: dict[str, Tensor]) -> None:
        """NotKeptError where it can't be written."""
        self._store(key).keep(key, tensors)
        self._check(f"{key}.safetensors")

    def note(self, key: str) -> dict | None:
        return self._store(key).note(key)

    def keep_note(self, key: str, note: dict) -> None:
        self._store(key).keep_note(key, note)
        self._check(f"{key}.json")

    def _check(self, name: str) -> None:
        if not (self.folder / name[:2] / name).is_file():
            raise NotKeptError(
                f"--features {self.folder} can't be written, or its disk is full; make room, or choose "
                "another folder. What is kept there serves the same command again."
            )

    def _store(self, key: str) -> Store:
        digits = key[:2]
        if digits not in self._stores:
            self._stores[digits] = Store(self.folder / digits, LIMIT)
        return self._stores[digits]
