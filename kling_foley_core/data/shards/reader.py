"""Reads shards at random places: the indexes are in memory (some hundred bytes a sample), arrays come from
the disk when they are asked for."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from .header import Header, read_header
from .plan import read_plan
from .sample import ARRAYS, Sample
from .writer import file_sum, read_index, shard_file

DAMAGE = (OSError, ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True)
class Entry:
    """Where a sample is, and what can be known without reading it. `members`: "json" or an array's name ->
    first byte and size in the tar."""

    path: Path  # of the tar
    id: str
    seconds: float
    split: str
    kind: str  # class of sound ("effects", "speech", ...), or ""
    members: dict[str, tuple[int, int]]


class Shards:
    """The samples of one split of one or more folders of shards, in the order they were written."""

    def __init__(
        self,
        folders: Path | str | Sequence[Path | str],
        split: str | None = None,
        *,
        needs: Sequence[str] = (),
        check: bool = False,
    ) -> None:
        """`needs`: arrays that every folder must have. `check`: every byte against its checksum. Raises
        InputError where a shard is missing, cut or damaged, folders were made by different networks, two
        samples have one id, or nothing is left."""
        self.folders = [Path(f) for f in ([folders] if isinstance(folders, str | Path) else folders)]
        self.header = _common([(folder, read_header(folder)) for folder in self.folders], needs)
        self.skipped: list[dict[str, str]] = []
        entries = [
            e for folder in self.folders for path in _shard_files(folder) for e in self._indexed(path, check)
        ]
        _check_unique(entries)
        self.entries = [e for e in entries if split in (None, e.split)]
        if not self.entries:
            splits = sorted({e.split for e in entries})
            which = f"of split {split} (there is {', '.join(splits) or 'nothing'})" if split else "at all"
            raise InputError(f"--data {_names(self.folders)} has no samples {which}; make shards with some.")

    def __len__(self) -> int:
        return len(self.entries)

    def having(self, arrays: Iterable[str]) -> list[int]:
        """The samples that have all of these arrays. Raises InputError where none has."""
        wanted = set(arrays)
        found = [i for i, entry in enumerate(self.entries) if wanted <= entry.members.keys()]
        if not found:
            raise InputError(f"--data {_names(self.folders)}: no sample has {' and '.join(sorted(wanted))}.")
        return found

    def read(self, index: int, arrays: Iterable[str] = ARRAYS) -> Sample:
        """The sample with those of `arrays` that it has."""
        entry = self.entries[index]
        try:
            with entry.path.open("rb") as file:
                words = json.loads(_member(file, entry, "json"))
                found = {n: _array(file, entry, n) for n in arrays if n in entry.members}
            words["labels"] = tuple((str(n), float(a), float(b)) for n, a, b in words["labels"])
            return Sample(**words, arrays=found)
        except DAMAGE as error:
            raise _damaged(entry.path, f"sample {entry.id}: {error}") from error

    def _indexed(self, path: Path, check: bool) -> list[Entry]:
        try:
            index = read_index(path)
            if path.stat().st_size != index["bytes"]:
                raise ValueError(f"it has {path.stat().st_size} bytes, and was written with {index['bytes']}")
            if check and file_sum(path)[1] != index["crc32"]:
                raise ValueError("its checksum is not the one it was written with")
            self.skipped += index["skipped"]
            return [
                Entry(path, s["id"], float(s["seconds"]), s["split"], s["class"], s["members"])
                for s in index["samples"]
            ]
        except DAMAGE as error:
            raise _damaged(path, str(error)) from error


def _shard_files(folder: Path) -> list[Path]:
    numbered = {p for suffix in ("tar", "json") for p in folder.glob(f"*.{suffix}") if p.stem.isdigit()}
    tars = sorted({p.with_suffix(".tar") for p in numbered})
    for tar in tars:
        if not tar.is_file():
            raise _damaged(tar, "it is missing, and its index is there")
        if not tar.with_suffix(".json").is_file():
            raise _damaged(tar, "its index, the .json beside it, is missing")
    _check_complete(folder, tars)
    return tars


def _check_complete(folder: Path, tars: list[Path]) -> None:
    plan = read_plan(folder)
    if plan is None:
        return
    missing = sorted({shard_file(folder, k) for k in range(plan.shards)} - set(tars))
    if missing:
        raise InputError(
            f"--data {folder}: {len(missing)} of {plan.shards} shards are not there yet "
            f"({missing[0].name} ...); run the command that makes them again, in all of its processes."
        )


def _common(headers: list[tuple[Path, Header]], needs: Sequence[str]) -> Header:
    """What holds for all folders; `arrays` and `networks` are those that all have."""
    for folder, header in headers:
        lacking = [name for name in needs if name not in header.arrays]
        if lacking:
            raise InputError(
                f"--data {folder}: its samples have no {' and no '.join(lacking)} (they have "
                f"{', '.join(header.arrays)}); make shards that have it."
            )
    for (before_folder, before), (folder, header) in combinations(headers, 2):
        for name, one, other in _comparable(before, header):
            if one != other:
                raise InputError(
                    f"--data {folder} and {before_folder} differ in {name} ({other} and {one}); make both "
                    "with the same model."
                )
    first, *others = (header for _, header in headers)
    return replace(
        first,
        arrays=tuple(n for n in first.arrays if all(n in h.arrays for h in others)),
        networks={k: v for k, v in first.networks.items() if all(k in h.networks for h in others)},
    )


def _comparable(one: Header, other: Header) -> list[tuple[str, Any, Any]]:
    """(name, value, value) of what must be alike: shards without a network's arrays go with any network."""
    pairs = [(n, getattr(one, n), getattr(other, n)) for n in ("sampling_rate", "hop")]
    shared = sorted(one.networks.keys() & other.networks.keys())
    pairs += [(k, one.networks[k], other.networks[k]) for k in shared]
    if "sync" in one.arrays and "sync" in other.arrays:
        pairs.append(("every_frame", one.every_frame, other.every_frame))
    return pairs


def _names(folders: list[Path]) -> str:
    return " ".join(map(str, folders))


def _member(file: Any, entry: Entry, name: str) -> bytes:
    start, size = entry.members[name]
    file.seek(start)
    return file.read(size)


def _array(file: Any, entry: Entry, name: str) -> np.ndarray:
    array = np.load(io.BytesIO(_member(file, entry, name)), allow_pickle=False)
    dtype, axes = ARRAYS[name]
    if array.dtype != np.dtype(dtype) or array.ndim != axes:
        raise ValueError(f"{name} is {array.dtype} {list(array.shape)}")
    return array


def _check_unique(entries: list[Entry]) -> None:
    seen: dict[str, Path] = {}
    for entry in entries:
        if entry.id in seen:
            raise InputError(
                f"--data: sample {entry.id} is in {seen[entry.id]} and in {entry.path}; delete one of "
                "them, or make the shards again."
            )
        seen[entry.id] = entry.path


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is damaged ({why}): delete it and its .json, and run the command that made the shards "
        "again, which makes what is missing."
    )
