"""Frechet distance of two sets of features, as if both were Gaussian: x [n, d], y [m, d] -> one number.

    FD = |mu_x - mu_y|^2 + tr C_x + tr C_y - 2 tr sqrtm(C_x C_y)        C unbiased (n - 1)

Heusel et al., 2017; of sounds Kilgour et al., 2019. FD_VGG and FAD_YAMNet are taken of all windows of all
clips, FD_PANNs and FD_PaSST of one row a clip.

The reference takes the root by scipy's sqrtm, which goes astray where a covariance is singular (fewer rows
than numbers) and has changed its arguments. Ours: of centred rows X, Y divided by sqrt(n - 1), C_x C_y has
the eigenvalues of (X Y^T)(X Y^T)^T and zeros, so the trace is the sum of the singular values of X Y^T:
nothing is squared or inverted, and fewer rows make it smaller. More rows than numbers are first cut down to
d by QR, X = Q R, which leaves these values as they are.

How a clip moves the distance is its derivative by the weight of the clip's rows, in both sets at once where
it has both (pairs kept), at weight 1. With R_x R_y^T = U S V^T half of diag(X Y^T V S^-1 V^T Y X^T), which
is that of U S U^T, is the trace's by the weight of each row; means, traces and the n - 1 are plain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .intervals import set_influences
from .rows import checked_rows, same_size

FEWEST = 2  # rows: one has no covariance
BLOCK = 8192  # rows at a time
ZERO = 1e-10  # of the largest singular value: less is rounding


def frechet_distance(generated: ArrayLike, true: ArrayLike) -> float:
    x, y = _both(generated, true)
    return _distance(x, y, np.linalg.svd(x.short @ y.short.T, compute_uv=False))


def frechet_influences(
    generated: ArrayLike, true: ArrayLike, clips: tuple[np.ndarray, np.ndarray]
) -> tuple[float, np.ndarray]:
    """The distance and its derivatives by the clips' weights (`set_influences`): [clips].

    `clips`: to which clip each row of the two sets belongs, 0, 1, ..: ([n], [m])."""
    x, y = _both(generated, true)
    u, s, vt = np.linalg.svd(x.short @ y.short.T, full_matrices=False)
    kept = s > ZERO * s[0]
    moves = []
    for rows, other, vectors, sign in ((x, y, vt.T, 2), (y, x, u, -2)):
        turned = other.short.T @ (vectors[:, kept] / np.sqrt(s[kept]))
        moved = sign * (x.mean - y.mean)
        moves.append(_row_influences(rows, turned, moved, s.sum()))
    return _distance(x, y, s), set_influences(moves, clips)


@dataclass(frozen=True)
class _Set:
    mean: np.ndarray  # [d]
    scaled: np.ndarray  # [n, d]: centred, divided by sqrt(n - 1)
    short: np.ndarray  # [min(n, d), d] with the same R^T R, the covariance

    @property
    def trace(self) -> float:
        return float(np.square(self.short).sum())


def _both(generated: ArrayLike, true: ArrayLike) -> tuple[_Set, _Set]:
    x, y = checked_rows(generated, "generated", FEWEST), checked_rows(true, "true", FEWEST)
    same_size(x, y)
    return _set(x), _set(y)


def _set(rows: np.ndarray) -> _Set:
    mean = rows.mean(0)
    scaled = (rows - mean) / np.sqrt(len(rows) - 1)
    return _Set(mean, scaled, _short(scaled))


def _short(rows: np.ndarray) -> np.ndarray:
    """The rows themselves, or R of their QR, taken in blocks."""
    if len(rows) <= rows.shape[1]:
        return rows
    r = rows[:0]
    for block in _blocks(rows):
        r = np.linalg.qr(np.concatenate([r, block]), mode="r")
    return r


def _distance(x: _Set, y: _Set, s: np.ndarray) -> float:
    """Never under zero, where rounding may leave it for equal sets."""
    apart = np.square(x.mean - y.mean).sum()
    return max(0.0, float(apart + x.trace + y.trace - 2 * s.sum()))


def _row_influences(rows: _Set, turned: np.ndarray, moved: np.ndarray, root: float) -> np.ndarray:
    """By the weight of each row [n] of one of the sets."""
    n = len(rows.scaled)
    by_mean = rows.scaled @ moved * (np.sqrt(n - 1) / n)
    by_trace = np.square(rows.scaled).sum(1) - rows.trace / (n - 1)
    of_root = [np.square(block @ turned).sum(1) for block in _blocks(rows.scaled)]
    return by_mean + by_trace - (np.concatenate(of_root) - root / (n - 1))


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK))
