"""Rows that a measure is taken of: anything array-like [n, d] -> float64 [n, d], checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InputError


def checked_rows(values: ArrayLike, whose: str, fewest: int = 1) -> np.ndarray:
    """`whose` names them in an error: "generated", "true"."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2:
        raise InputError(f"The {whose} features are {rows.shape}: give rows [n, d].")
    if len(rows) < fewest:
        raise InputError(f"There are {len(rows)} rows of {whose} features: {fewest} are needed.")
    if not np.isfinite(rows).all():
        bad = int((~np.isfinite(rows)).any(1).sum())
        raise InputError(
            f"{bad} of {len(rows)} rows of {whose} features hold NaN or infinity: leave them out."
        )
    return rows


def same_size(a: np.ndarray, b: np.ndarray) -> None:
    """Rows of both have as many numbers."""
    if a.shape[1] != b.shape[1]:
        raise InputError(
            f"Rows have {a.shape[1]} and {b.shape[1]} numbers: both sets need the same network and layer."
        )


def pairs(a: ArrayLike, b: ArrayLike, whose: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Row i of `a` belongs to row i of `b`."""
    left, right = (checked_rows(v, name) for v, name in zip((a, b), whose, strict=True))
    same_size(left, right)
    if len(left) != len(right):
        raise InputError(
            f"{len(left)} rows can't be paired with {len(right)}: give one each of the same clips."
        )
    return left, right
