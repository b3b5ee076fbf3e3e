"""Pearson's r and the pooled pairs it is taken of: (true, measured) -> -1..1, None where there is nothing to
compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

FEWEST = 8
FLAT = 1e-12  # of the product of both deviations
Pair = tuple[float, float]  # true, measured


def pearson(true: Sequence[float] | np.ndarray, measured: Sequence[float] | np.ndarray) -> float | None:
    """0 if one of the two never changes: a sound that stays the same follows nothing."""
    if len(true) < FEWEST:
        return None
    a, b = (np.asarray(v, dtype=np.float64) - np.mean(v) for v in (true, measured))
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > FLAT else 0.0


def mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(np.mean(found)) if found else None
