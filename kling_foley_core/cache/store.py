"""Tensors in a folder, by keys: bounded, used by several processes at once, readable by their owner alone.

An entry is a safetensors file named by its key, written beside and renamed, with a checksum in its metadata.
One that is damaged is thrown away, for it can be made again; a folder that can't be written is as good as an
empty one, and is said once. What was used longest ago (the file's time) goes first. Our choice.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..files.temporary import temporary_file
from .place import VARIABLE

LIMIT = 2**31  # bytes that a folder holds
MOST = 10_000  # files in it
LARGEST = 0.5  # of the limit: an entry above would drive out all others
FREE = 2**30  # bytes of the disk that are left to others: above all to the sound that is to be written

_TENSORS, _NOTE = ".safetensors", ".json"
_SUM = "crc32"
# What full disks and folders of others raise, and tensors that no file can hold.
_DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError)

_log = logging.getLogger(__name__)


class Store:
    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        """The folder is made when there is something to write."""
        self.folder, self.limit = folder, limit
        self._works = True

    def tensors(self, key: str) -> dict[str, Tensor] | None:
        """Of an entry, copied out of its file: a system maps few files at once. None where there is none, it
        is damaged, or can't be read just now."""
        path = self._path(key, _TENSORS)
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                found = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
                if (file.metadata() or {}).get(_SUM) == _sum(found):
                    _used(path)
                    return found
        except (OSError, RuntimeError):  # no memory, say: the entry may be whole
            return None
        except (SafetensorError, ValueError, TypeError, LookupError):
            pass
        _remove(path)
        return None

    def keep(self, key: str, tensors: dict[str, Tensor]) -> None:
        """Nothing where it can't be written, or is too large beside what else is kept."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        size = sum(tensor.nbytes for tensor in tensors.values())
        if size <= LARGEST * self.limit:
            note = {_SUM: _sum(tensors)}
            self._write(self._path(key, _TENSORS), size, lambda draft: save_file(tensors, draft, note))

    def note(self, key: str) -> dict | None:
        """What `keep_note` was given."""
        path = self._path(key, _NOTE)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        _used(path)
        return found if isinstance(found, dict) else None

    def keep_note(self, key: str, note: dict) -> None:
        text = json.dumps(note)
        self._write(self._path(key, _NOTE), len(text), lambda draft: draft.write_text(text, encoding="utf-8"))

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}{suffix}"

    def _write(self, path: Path, size: int, write: Callable[[Path], object]) -> None:
        if not self._works:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < size + FREE:
                raise OSError(f"less than {(size + FREE) / 2**30:.1f} GiB are free")
            self._make_room(size)
            with temporary_file(self.folder, path.suffix) as draft:
                write(draft)
                draft.chmod(0o600)
                os.replace(draft, path)
        except _DAMAGE as error:
            self._works = False
            _log.warning(
                "features are not kept in %s (%s) and will be encoded again; %s names another folder",
                self.folder,
                error,
                VARIABLE,
            )

    def _make_room(self, size: int) -> None:
        """For so many bytes more: what was used longest ago goes, whoever has written it."""
        files = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith((_TENSORS, _NOTE)):
                    with suppress(OSError):  # another process removes it
                        facts = entry.stat(follow_symlinks=False)
                        files.append((facts.st_mtime_ns, facts.st_size, entry.path))
        files.sort(reverse=True)
        total, count = size, 1
        for _, length, path in files:
            total, count = total + length, count + 1
            if total > self.limit or count > MOST:
                _remove(Path(path))


def _used(path: Path) -> None:
    with suppress(OSError):  # of another user, say
        os.utime(path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is gone already, or mapped on Windows
        path.unlink()


def _sum(tensors: dict[str, Tensor]) -> str:
    found = 0
    for name in sorted(tensors):
        tensor = tensors[name]
        found = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), found)
        if tensor.numel():
            found = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy(), found)
    return f"{found:08x}"
