"""The next step's batch is read while this one's is used: one thread, one batch ahead."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Prefetched(Generic[Item]):
    """`read(step)` must depend on the step alone; it is called in one thread."""

    def __init__(self, read: Callable[[int], Item], stop: int) -> None:
        """Steps from `stop` on are not read."""
        self.read, self.stop = read, stop
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self.ahead: dict[int, Future[Item]] = {}

    def __call__(self, step: int) -> Item:
        """Raises what reading raised."""
        now = self.ahead.pop(step, None) or self.pool.submit(self.read, step)
        for other in self.ahead.values():
            other.cancel()
        self.ahead = {step + 1: self.pool.submit(self.read, step + 1)} if step + 1 < self.stop else {}
        return now.result()
