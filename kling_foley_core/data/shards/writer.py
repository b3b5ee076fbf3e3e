"""Writes one shard: NNNNNN.tar, a WebDataset tar of samples, and NNNNNN.json, its index, which comes last.

    members of the tar:  ID.json, ID.latent.npy, ID.visual.npy, ...   all of one sample side by side
    the index:           {"bytes", "crc32", "skipped": [...],
                          "samples": [{"id", "seconds", "split", "class", "members": {...}}]}

A shard is whole or absent: both files are renamed when they are complete, the index last, and a tar without
its index is no shard.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ...errors import InputError
from ...files.whole_file import whole_file
from .sample import ARRAYS, Sample

BLOCK = tarfile.BLOCKSIZE
LONGEST = 80  # characters of a member's name without its suffix: ustar has room for 100
DIGITS = 16


def shard_file(folder: Path, number: int) -> Path:
    return Path(folder) / f"{number:06d}.tar"


def write_shard(
    folder: Path, number: int, samples: Iterable[Sample], skipped: Iterable[Mapping[str, str]] = ()
) -> Path:
    """`samples` may come from a generator: one is in memory at a time. `skipped` ({"id", "why"}) is read
    after them, so it may be a list that grows meanwhile. Returns the tar's path."""
    path, entries = shard_file(folder, number), []
    with whole_file(path.with_suffix(".json")) as index, whole_file(path) as draft:
        with tarfile.open(draft, "w", format=tarfile.USTAR_FORMAT) as tar:
            for sample in samples:
                entries.append(_add(tar, sample))
        size, crc = file_sum(draft)
        words = {"bytes": size, "crc32": crc, "samples": entries, "skipped": [dict(s) for s in skipped]}
        index.write_text(json.dumps(words) + "\n", encoding="utf-8")
    return path


def is_whole(folder: Path, number: int) -> bool:
    """Whether both files are there and of the size that was written."""
    path = shard_file(folder, number)
    try:
        return path.stat().st_size == read_index(path)["bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_index(path: Path) -> dict[str, Any]:
    """The index of the shard with this tar."""
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def tar_name(identity: str) -> str:
    """WebDataset ends a sample's name at the first dot, and a tar's folders at a slash. A name that is too
    long for a tar is cut, and ends in digits of the whole."""
    name = quote(identity, safe=" +-_=@,()").replace(".", "%2E")
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - DIGITS - 1]}-{hashlib.sha256(identity.encode()).hexdigest()[:DIGITS]}"


def _add(tar: tarfile.TarFile, sample: Sample) -> dict[str, Any]:
    members: dict[str, list[int]] = {}
    contents = {"json": json.dumps(_words(sample)).encode()}
    for name, array in sample.arrays.items():
        contents[f"{name}.npy"] = _npy(sample.id, name, array)
    for suffix, content in contents.items():
        info = tarfile.TarInfo(f"{tar_name(sample.id)}.{suffix}")
        info.size = len(content)
        members[suffix.removesuffix(".npy")] = [tar.offset + BLOCK, len(content)]
        tar.addfile(info, io.BytesIO(content))
    return {
        "id": sample.id,
        "seconds": sample.seconds,
        "split": sample.split,
        "class": sample.facts.get("class", ""),
        "members": members,
    }


def _words(sample: Sample) -> dict[str, Any]:
    names = ("id", "caption", "seconds", "seconds_start", "seconds_total", "split", "labels", "facts")
    return {name: getattr(sample, name) for name in names}


def _npy(identity: str, name: str, array: np.ndarray) -> bytes:
    dtype, axes = ARRAYS[name]
    if array.ndim != axes or array.dtype != np.dtype(dtype):
        raise InputError(
            f"sample {identity}: {name} is {array.dtype} {list(array.shape)}; {np.dtype(dtype)} with "
            f"{axes} axes is "
            "needed."
        )
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def file_sum(path: Path) -> tuple[int, str]:
    size, crc = 0, 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            size, crc = size + len(part), zlib.crc32(part, crc)
    return size, f"{crc:08x}"
