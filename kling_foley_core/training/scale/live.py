"""Counts the bytes of tensors that are alive while code runs, on real tensors and on fake ones alike.

Every storage counts once, from the operation that makes it until the last tensor that holds it is gone: what
autograd keeps for the backward pass, what checkpointing keeps, and autocast's copies of the weights. Kernels'
own scratch memory and the allocator's rounding are not seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class LiveBytes(TorchDispatchMode):
    """`now` and `peak`: bytes made since the mode began and alive, without those of `state` (weights and
    gradients, which are counted by who holds them)."""

    def __init__(self, state: Iterable[Tensor]) -> None:
        super().__init__()
        self._state = {_key(t): t for t in state}  # held, so that none of their addresses comes again
        self._alive: dict[int, int] = {}
        self.now = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_iter(made):
            if isinstance(tensor, Tensor):
                self._add(tensor)
        return made

    def _add(self, tensor: Tensor) -> None:
        key, storage = _key(tensor), tensor.untyped_storage()
        if key in self._state or key in self._alive:
            return
        self._alive[key] = storage.nbytes()
        self.now += self._alive[key]
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._gone, key)

    def _gone(self, key: int) -> None:
        self.now -= self._alive.pop(key)


def _key(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
