"""A weight file mapped into memory: its values are read when they are used, and can be let go one tensor at a
time.

Our own map in place of the format's library, whose pages stay until the file's last tensor is gone: a float32
file that is cast would then lie in memory beside its result.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor


class MappedFile:
    """Tensors of it keep the map open."""

    def __init__(self, path: Path) -> None:
        """OSError or ValueError for what can't be mapped. Private pages, as torch wants to be able to write;
        the file never changes."""
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._address = torch.frombuffer(self._map, dtype=torch.uint8, count=1).data_ptr()

    def values(self, dtype: torch.dtype, count: int, begin: int) -> Tensor:
        """[count] from byte `begin` on: mapped, or copied where it lies at an odd place. ValueError where
        the file ends before."""
        if count == 0:
            return torch.empty(0, dtype=dtype)
        raw = torch.frombuffer(self._map, dtype=torch.uint8, count=count * dtype.itemsize, offset=begin)
        return (raw.clone() if raw.data_ptr() % dtype.itemsize else raw).view(dtype)

    @property
    def size(self) -> int:
        return len(self._map)

    def let_go(self, tensor: Tensor | None = None) -> None:
        """What has been read of this tensor (None: of all) need not stay in memory; it is read again where it
        is used again. Nothing for a tensor that lies elsewhere."""
        if tensor is None:
            return self._let_go(0, self.size)
        start = tensor.untyped_storage().data_ptr() + tensor.storage_offset() * tensor.itemsize
        begin = start - self._address
        self._let_go(begin, begin + tensor.numel() * tensor.itemsize)

    def _let_go(self, begin: int, end: int) -> None:
        """Whole pages alone."""
        begin, end = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE
        if 0 <= begin < end <= self.size and hasattr(mmap, "MADV_DONTNEED"):
            with suppress(OSError):
                self._map.madvise(mmap.MADV_DONTNEED, begin, end - begin)
