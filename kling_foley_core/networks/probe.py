"""How long a call takes on this machine, for choices that no flag of the processor tells."""

from __future__ import annotations

import time
from collections.abc import Callable

RUNS = 8


def quickest(*calls: Callable[[], object]) -> list[float]:
    """Seconds of each, its best run of some that take turns; a first round, which warms up, counts only where
    it is the best."""
    best = [float("inf")] * len(calls)
    for _ in range(RUNS):
        for i, call in enumerate(calls):
            begin = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - begin)
    return best
