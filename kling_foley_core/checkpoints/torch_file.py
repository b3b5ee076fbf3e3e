"""What a file of torch.save holds: its object, with every tensor as its place in the file.

Two containers: the zip archive of torch 1.6 and newer (`NAME/data.pkl`, `NAME/data/KEY`), and the older row
of pickles, in which the values follow the last one. Neither is read beyond its pickles.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from ..limits import MAX_DIMENSIONS
from .mapped import MappedFile
from .pickle_machine import Call, Global, Persistent, read_pickle
from .zip_entries import Entry, place, zip_entries

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    **{"Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16},
    **{"Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8},
    **{"Byte": torch.uint8, "Bool": torch.bool, "ComplexFloat": torch.complex64},
    **{"ComplexDouble": torch.complex128, "Untyped": torch.uint8},
    **{"QUInt8": torch.quint8, "QInt8": torch.qint8, "QInt32": torch.qint32},
}
QUANTISED = (torch.quint8, torch.qint8, torch.qint32)
REBUILT = {f"torch._utils._rebuild_{name}" for name in ("tensor", "tensor_v2", "tensor_v3", "qtensor")}
SPARSE = "torch._utils._rebuild_sparse_tensor"
PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
SUBCLASS = "torch._tensor._rebuild_from_type_v2"
WRAPPED = 4  # calls around a tensor


@dataclass(frozen=True)
class Stored:
    """One tensor: `key` names its storage, `count` values long, in which it lies from `offset` on."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    key: str
    count: int
    offset: int
    stride: tuple[int, ...]
    form: str = ""  # of one that is not simply one number after the other: "sparse_coo", "quint8"

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class NotTorchError(Exception):
    """A zip archive of so many entries that torch.save did not write."""


class TorchFile:
    """`content`: the object, its tensors still calls (`stored_tensor`). Values are mapped when asked for."""

    def __init__(self, path: Path) -> None:
        """UnpicklingError or whatever unfit operands raise, if the file is damaged."""
        self._data = _mapped(path)
        self._places: dict[str, tuple[int, int]] = {}  # of storages: from, to
        self.content = self._open_zip() if self._data[:4] == b"PK\x03\x04" else self._open_row()

    def tensor(self, stored: Stored, mapped: MappedFile) -> Tensor:
        """From the file's map."""
        start, stop = self._places[stored.key]
        size = stored.count * stored.dtype.itemsize
        if size > stop - start:
            raise UnpicklingError(f"a tensor of {size} bytes lies in {stop - start}")
        if size == 0:
            return torch.empty(stored.shape, dtype=stored.dtype)
        values = mapped.values(stored.dtype, stored.count, start)
        return values.as_strided(stored.shape, stored.stride, stored.offset)

    def _open_zip(self) -> Any:
        entries = zip_entries(self._data)
        root = next((n[: -len("data.pkl")] for n in entries if n.endswith("/data.pkl")), None)
        if root is None:
            raise NotTorchError(len(entries))
        if f"{root}byteorder" in entries:
            start, stop = self._range(entries[f"{root}byteorder"])
            if self._data[start : min(stop, start + 16)] != b"little":
                raise UnpicklingError("its numbers are not in little-endian order")
        folder = f"{root}data/"
        for name, entry in entries.items():
            if name.startswith(folder):
                self._places[name[len(folder) :]] = self._range(entry)
        return read_pickle(self._data, *self._range(entries[f"{root}data.pkl"])).content

    def _range(self, entry: Entry) -> tuple[int, int]:
        start = place(self._data, entry)
        return start, start + entry.size

    def _open_row(self) -> Any:
        """Magic number, version, a description of the machine, the object, the storages' keys; then their
        values, each behind its count."""
        end, at, row = len(self._data), 0, []
        for _ in range(5):
            row.append(read_pickle(self._data, at, end))
            at = row[-1].end
            if row[0].content != MAGIC:
                raise UnpicklingError("it is a pickle, but torch.save did not write it")
        storages = {s.key: s for s in map(_storage, row[3].persistent)}
        for key in map(_text, row[4].content):
            (count,) = struct.unpack("<q", self._data[at : at + 8])
            stop = at + 8 + count * storages[key].dtype.itemsize
            if not at < stop <= end:
                raise UnpicklingError("it ends before its values do")
            self._places[key] = (at + 8, stop)
            at = stop
        return row[3].content


def _mapped(path: Path) -> mmap:
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


@dataclass(frozen=True)
class _Storage:
    dtype: torch.dtype
    key: str
    count: int
    first: int  # where a view of it begins


def _storage(found: Persistent) -> _Storage:
    """("storage", class, key, device, count[, (view's key, first, count) or None])."""
    word, kind, key, _, count, *view = found.id
    if _text(word) != "storage" or type(count) is not int or count < 0:
        raise UnpicklingError("it refers to something that is no storage")
    first = view[0][1] if view and view[0] else 0
    name = kind.name.rpartition(".")[2].removesuffix("Storage")
    return _Storage(STORAGES[name], _text(key), count, first)


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def stored_tensor(value: Any) -> Stored | None:
    """What a call would have made a tensor of, or None; UnpicklingError for one that can't be."""
    for _ in range(WRAPPED):
        if not isinstance(value, Call) or not isinstance(value.what, Global):
            return None
        name, args = value.what.name, value.args
        if name in REBUILT:
            return _rebuilt(name, args)
        if name == SPARSE:
            return _of_form(args[0].args[0].removeprefix("torch."))
        if name in PARAMETERS:
            value = args[0]
        elif name == SUBCLASS:
            value = Call(args[0], args[2])
        else:
            return None
    return None


def _rebuilt(name: str, args: tuple[Any, ...]) -> Stored:
    storage = _storage(args[0])
    offset, shape, stride = args[1:4]
    dtype, count = storage.dtype, storage.count
    if name.endswith("_v3"):  # bytes, and the type apart
        dtype = _dtype(args[6].name)
        count //= dtype.itemsize
    if dtype in QUANTISED:
        return _of_form(str(dtype).removeprefix("torch."))
    stored = Stored(dtype, tuple(shape), storage.key, count, offset + storage.first, tuple(stride))
    _check(stored)
    return stored


def _dtype(name: str) -> torch.dtype:
    dtype = getattr(torch, name.removeprefix("torch."), None)
    if not isinstance(dtype, torch.dtype):
        raise UnpicklingError(f"it has values of the type {name}")
    return dtype


def _of_form(form: str) -> Stored:
    return Stored(torch.uint8, (), "", 0, 0, (), form)


def _check(t: Stored) -> None:
    """Every value has a place of its own: a stride of 0 makes a billion of one."""
    numbers = (*t.shape, *t.stride, t.offset)
    if not all(type(n) is int and 0 <= n < 2**48 for n in numbers) or len(t.shape) != len(t.stride):
        raise UnpicklingError("a tensor's shape is damaged")
    if len(t.shape) > MAX_DIMENSIONS:
        raise UnpicklingError(f"a tensor has {len(t.shape)} dimensions, and {MAX_DIMENSIONS} are the most")
    last = t.offset + sum((n - 1) * step for n, step in zip(t.shape, t.stride, strict=True))
    if 0 not in t.shape and (last >= t.count or math.prod(t.shape) > t.count):
        raise UnpicklingError(f"a tensor of the shape {t.shape} has {t.count} stored values")
