"""Reading what a cache folder holds: a damaged file is named, with what to do about it. Our choice.

A checksum lies beside each file (`NAME.crc32`): a bit that has changed since would be learned from in
silence. Files without one are older, and are taken as they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

CHUNK = 2**20  # bytes


def write_sum(path: Path) -> None:
    """Of a file that has just been written."""
    _sum_file(path).write_text(_crc32(path), encoding="ascii")


def _sum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.crc32")


def _crc32(path: Path) -> str:
    found = 0
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            found = zlib.crc32(part, found)
    return f"{found:08x}"


def _check_sum(path: Path) -> None:
    if _sum_file(path).exists() and _sum_file(path).read_text(encoding="ascii") != _crc32(path):
        raise ValueError("its checksum is not the one it was written with")


@contextmanager
def reading(path: Path, *files: str) -> Iterator[None]:
    """Around code that does nothing but read `path`, a file, or a folder with these files in it, that can be
    made again."""
    from safetensors import SafetensorError

    try:
        for file in [path / name for name in files] or [path]:
            _check_sum(file)
        yield
    except InputError:
        raise
    # Everything that cut or overwritten JSON, tensors and memory maps raise.
    except (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError) as error:
        raise InputError(
            f"{path} is damaged ({error}): delete it and run the same command again, which makes it anew."
        ) from error
