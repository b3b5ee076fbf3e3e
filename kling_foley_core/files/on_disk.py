"""Tensors of long films and sounds: beyond some size they lie in a temporary file that is mapped into memory.

To all that reads or writes a part of one it is a tensor like any other. The system keeps as much of the file
in memory as it has room for, and takes it back when something else needs it; `let_go` gives it back at once.
The file has no name, or loses it with the tensor. Its room on the disk is taken before a byte is written, and
where the disk has none, memory serves. Our choice, in place of files that are read and written by hand: the
same functions then serve seconds and hours.
"""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO
from weakref import WeakValueDictionary

import torch
from torch import Tensor

HELD = 2**24  # bytes of a tensor that simply lies in memory: 47 s of stereo sound at 44.1 kHz
PIECE = 2**18  # steps of one channel or two that are taken at a time, of more channels so many fewer

_CHUNK = 2**20  # bytes
_maps: WeakValueDictionary[int, mmap.mmap] = WeakValueDictionary()  # by the address of their first byte


def room_for(
    *shape: int, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu", held: int = HELD
) -> Tensor:
    """Zeros of that shape: on `device` up to `held` bytes, beyond that on the CPU and in a temporary file."""
    size = math.prod(shape) * dtype.itemsize
    if size <= held:
        return torch.zeros(shape, dtype=dtype, device=device)
    try:
        with tempfile.TemporaryFile(prefix="kling-foley-") as file:
            _take(file, size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError:
        return torch.zeros(shape, dtype=dtype)
    made = torch.frombuffer(mapped, dtype=dtype).view(shape)
    _maps[made.data_ptr()] = mapped
    return made


def let_go(*tensors: Tensor) -> None:
    """What has been read or written of these need not stay in memory; nothing for tensors that lie there."""
    for tensor in tensors:
        mapped = _maps.get(tensor.untyped_storage().data_ptr())
        if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            with suppress(OSError):
                mapped.madvise(mmap.MADV_DONTNEED)


def steps_of(tensor: Tensor) -> int:
    """How many steps of its last axis are to be taken at a time."""
    return max(2 * PIECE * tensor.shape[-1] // max(tensor.numel(), 2 * tensor.shape[-1], 1), 1)


def piecewise(function: Callable[..., Tensor], *tensors: Tensor, length: int | None = None) -> Tensor:
    """function(*tensors) for one that makes every step of the last axis from the same step of tensors of
    equal length: `length` steps at a time."""
    steps = tensors[0].shape[-1]
    length = length or min(map(steps_of, tensors))
    if steps <= length:
        return function(*tensors)
    out = None
    for begin in range(0, steps, length):
        made = function(*(tensor[..., begin : begin + length] for tensor in tensors))
        if out is None:
            out = room_for(*made.shape[:-1], steps, dtype=made.dtype, device=made.device)
        out[..., begin : begin + length] = made
        let_go(out, *tensors)
    return out


def _take(file: BinaryIO, size: int) -> None:
    """OSError where the disk has no room: a mapped file that can't grow would end the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    for begin in range(0, size, _CHUNK):
        file.write(bytes(min(_CHUNK, size - begin)))
    file.flush()
