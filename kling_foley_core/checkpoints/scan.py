"""The networks in many files: every header is read once a process, and again when its file has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..limits import MAX_WEIGHT_FILES
from ..progress import Progress, silent
from .header import read_header
from .recognise import judge, parts_of


@dataclass(frozen=True)
class Network:
    """One network of one file."""

    path: Path
    kind: str
    config: Any


def scan(
    files: Iterable[Path], *, checked: bool = True, progress: Progress = silent
) -> tuple[list[Network], list[str]]:
    """-> the networks, and what is wrong with each file that holds none. Without `checked` the tensors are
    not compared with the network that they should fill, which for a CLIP takes seconds the first time."""
    networks: list[Network] = []
    refused: list[str] = []
    files = list(files)
    for done, path in enumerate(files, 1):
        try:
            status = os.stat(path)
            networks += _networks(path, status.st_mtime_ns, status.st_size, checked)
        except (InputError, OSError) as error:
            refused.append(str(error))
        progress("looking at files", done, len(files))
    return networks, refused


def _networks(path: Path, changed: int, size: int, checked: bool) -> tuple[Network, ...]:
    found = _looked_at(path, changed, size, checked)
    if isinstance(found, str):
        raise InputError(found)
    return found


@lru_cache(maxsize=MAX_WEIGHT_FILES)
def _looked_at(path: Path, changed: int, size: int, checked: bool) -> tuple[Network, ...] | str:
    """The file's networks, or the reason why it can't be used (a cache keeps no exceptions)."""
    try:
        header = read_header(path)
        parts = judge(header).parts if checked else parts_of(header)
    except InputError as error:
        return str(error)
    return tuple(Network(path, part.kind.name, part.config) for part in parts)
