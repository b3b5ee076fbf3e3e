"""Names, shapes and types of a checkpoint file's tensors, read without reading its data.

safetensors: 8 bytes little-endian header size, JSON header, data; we parse the header ourselves, because
only then can the promised size be compared with the real one and a broken download be told from a wrong
file. `.pth`, `.pt`, `.ckpt`, `.bin`: the pickle read as data (`torch_file.py`). The suffix is never believed;
the first bytes decide.
"""

from __future__ import annotations

import json
import math
import stat
import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..limits import (
    MAX_DIMENSIONS,
    MAX_HEADER,
    MAX_NAME,
    MAX_SHARED,
    MAX_TENSOR_BYTES,
    MAX_TENSORS,
)
from .accidents import AGAIN, refuse_other_file
from .finding import weight_files
from .pickled import open_torch_file, unpack_top_level
from .torch_file import Stored

MAX_HEADER_OF_FORMAT = 100 * 2**20  # bytes; what says more is no safetensors file
QUOTED = 100  # characters of a shape in a message
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class TensorSpec:
    """What a header says of one tensor. `begin`: the byte of a safetensors file where its values begin."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    begin: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Header:
    """A file's tensors by name; `top_level` is the key they lay under in a torch file, `metadata`
    safetensors' own.
    """

    path: Path
    container: str  # "safetensors" | "torch"
    specs: dict[str, TensorSpec]
    top_level: str | None
    metadata: dict[str, str]


def read_header(path: str | Path) -> Header:
    """The header of any readable checkpoint; InputError with reason and remedy for everything else."""
    path = Path(path)
    try:
        start = _first_bytes(path)
        if len(start) > 8 and start[8:9] == b"{" and _length(start) <= MAX_HEADER_OF_FORMAT:
            specs, metadata = _safetensors_header(path)
            return Header(path, "safetensors", specs, None, metadata)
        if start[:4] == b"PK\x03\x04" or (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"):
            state, top_level = unpack_top_level(open_torch_file(path).content, path)
            return Header(path, "torch", _torch_specs(path, state), top_level, {})
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror or error}).") from error
    refuse_other_file(path, start)


def _first_bytes(path: Path) -> bytes:
    """InputError for what is no file: opening a pipe would wait for ever, and a device has no end."""
    if path.is_dir():
        inside = [file.name for file in weight_files(path, below=False).files]
        hint = (
            f"choose a file in it: {', '.join(inside[:6])}"
            if inside
            else "it holds no weight files; give a file."
        )
        raise InputError(f"{path} is a folder, not a weights file; {hint}")
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{path} does not exist; check the path, or put the file there first.") from error
    except ValueError as error:
        raise InputError(f"{path} is no path ({error}); give a file.") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is a pipe, a socket or a device, not a weights file; give a file.")
    with path.open("rb") as file:
        return file.read(64)


def _length(start: bytes) -> int:
    return struct.unpack("<Q", start[:8])[0]


def _torch_specs(path: Path, state: dict[str, Stored]) -> dict[str, TensorSpec]:
    _check_names(path, state)
    total, size = sum(t.bytes for t in state.values()), path.stat().st_size
    if total > MAX_SHARED * size:
        raise InputError(
            f"{path}: its tensors have {total:,} bytes, stored over and over in {size:,}; get the official "
            "weights file."
        )
    return {name: TensorSpec(t.shape, t.dtype) for name, t in state.items()}


def _check_names(path: Path, names: Collection[str]) -> None:
    if len(names) > MAX_TENSORS:
        raise InputError(
            f"{path} holds {len(names):,} tensors; {MAX_TENSORS:,} are the most this pack reads."
        )
    longest = max(map(len, names), default=0)
    if longest > MAX_NAME:
        raise InputError(f"{path} has a tensor's name of {longest:,} characters; {MAX_NAME:,} are the most.")


def meta_state(specs: dict[str, TensorSpec]) -> dict[str, Tensor]:
    """Tensors without data, so that renaming, splitting and folding need one implementation for headers and
    for weights.
    """
    return {name: torch.empty(s.shape, dtype=s.dtype, device="meta") for name, s in specs.items()}


def _safetensors_header(path: Path) -> tuple[dict[str, TensorSpec], dict[str, str]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = _length(file.read(8))
        if 8 + length > size:
            raise InputError(
                f"{path} is cut off: its header alone needs {8 + length} bytes, the file has {size}. {AGAIN}"
            )
        if length > MAX_HEADER:
            raise InputError(
                f"{path} has a header of {length:,} bytes; {MAX_HEADER:,} are the most this pack reads."
            )
        raw = file.read(length)
    try:
        header = json.loads(raw)
        metadata = _metadata(header.pop("__metadata__", None))
        _check_names(path, header)
        specs = {name: _spec(path, name, entry, 8 + length) for name, entry in header.items()}
        promised = 8 + length + _end_of_data(header)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} has a damaged safetensors header ({error}). {AGAIN}") from error
    if size < promised:
        raise InputError(
            f"{path} is cut off: its header promises {promised} bytes, the file has {size} "
            f"({size / promised:.0%}). {AGAIN}"
        )
    return specs, metadata


def _end_of_data(header: dict[str, dict]) -> int:
    """ValueError where two tensors share a byte: a small file would hold any number of large ones."""
    end = 0
    for start, stop in sorted(tuple(entry["data_offsets"]) for entry in header.values()):
        if start < end:
            raise ValueError(f"two tensors lie at {start}")
        end = stop
    return end


def _metadata(stored: Any) -> dict[str, str]:
    if stored is None:
        return {}
    if not isinstance(stored, dict) or not all(isinstance(value, str) for value in stored.values()):
        raise ValueError("its __metadata__ isn't a list of named texts")
    return stored


def _spec(path: Path, name: str, entry: dict, data: int) -> TensorSpec:
    """`data`: the byte where the values of all begin. ValueError if they can't be, or don't fill the
    tensor's place in the file."""
    if entry["dtype"] not in DTYPES:
        raise InputError(
            f"{path}: tensor {name} is stored as {entry['dtype']}, which this pack can't read; get the "
            "fp16, bf16 or fp32 file instead."
        )
    dtype, shape, (start, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    if isinstance(shape, list) and len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"tensor {name} has {len(shape):,} dimensions; {MAX_DIMENSIONS} are the most")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
        raise ValueError(f"tensor {name} has the shape {str(shape)[:QUOTED]} and lies at {start} to {end}")
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > MAX_TENSOR_BYTES:
        raise ValueError(f"tensor {name} has the shape {str(shape)[:QUOTED]}")
    if math.prod(shape) * dtype.itemsize != end - start:
        raise ValueError(f"tensor {name}, {shape} of {entry['dtype']}, lies at {start} to {end}")
    return TensorSpec(tuple(shape), dtype, data + start)
