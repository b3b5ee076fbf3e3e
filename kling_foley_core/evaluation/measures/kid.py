"""Kernel distance of two sets of features: x [n, d], y [m, d] -> MMD^2, 0 on average for equal sets.

    k(a, b) = (a.b / d + 1)^3        MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y)

without a row's own k(x, x) (Binkowski et al., 2018). Mean over random subsets of `size` rows each, drawn in
turn of y (true) and x from RandomState(2020) without putting back, which is torch-fidelity's convention (the
reference prints no KID); where a subset is the whole set one is enough. Unlike FD it is not biased by few
rows.

How a clip moves it is the derivative of MMD^2 of all pairs by the weight of its rows, in both sets at once
where it has both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .intervals import set_influences
from .rows import checked_rows, same_size

FEWEST = 2
SUBSETS, SIZE = 100, 1000
SEED = 2020
BLOCK = 1024  # rows of a kernel at a time


def kernel_distance(
    generated: ArrayLike, true: ArrayLike, subsets: int = SUBSETS, size: int = SIZE
) -> tuple[float, float]:
    """Mean and (population) standard deviation over subsets; lower is better."""
    x, y = _both(generated, true)
    size = min(size, len(x), len(y))
    if len(x) == len(y) == size:
        return _mmd(x, y), 0.0
    draw = np.random.RandomState(SEED)
    found = []
    for _ in range(subsets):
        of_true, of_generated = (rows[draw.choice(len(rows), size, replace=False)] for rows in (y, x))
        found.append(_mmd(of_generated, of_true))
    return float(np.mean(found)), float(np.std(found))


def kernel_influences(
    generated: ArrayLike, true: ArrayLike, clips: tuple[np.ndarray, np.ndarray]
) -> tuple[float, np.ndarray]:
    """The distance and its derivatives by the clips' weights (`set_influences`): [clips].

    `clips`: to which clip each row of the two sets belongs, 0, 1, ..: ([n], [m])."""
    x, y = _both(generated, true)
    moves = []
    for rows, other in ((x, y), (y, x)):
        n = len(rows)
        within = (_kernel_sums(rows, rows) - _kernel(rows, rows, own=True)) / (n * (n - 1))
        moves.append(2 * (within - _kernel_sums(rows, other) / (n * len(other))))
    return kernel_distance(x, y)[0], set_influences(moves, clips)


def _both(generated: ArrayLike, true: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = checked_rows(generated, "generated", FEWEST), checked_rows(true, "true", FEWEST)
    same_size(x, y)
    return x, y


def _mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Of two sets of as many rows."""
    n = len(x)
    within = sum(_kernel_sums(v, v).sum() - _kernel(v, v, own=True).sum() for v in (x, y)) / (n * (n - 1))
    return float(within - 2 * _kernel_sums(x, y).sum() / n**2)


def _kernel_sums(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sums over b [len(a)]: BLOCK rows at a time, for the whole kernel of 15 000 clips has 2 GB."""
    return np.concatenate([_kernel(a[i : i + BLOCK], b).sum(1) for i in range(0, len(a), BLOCK)])


def _kernel(a: np.ndarray, b: np.ndarray, own: bool = False) -> np.ndarray:
    """[len(a), len(b)], or of each row of `a` with the same row of `b` [len(a)]."""
    product = (a * b).sum(1) if own else a @ b.T
    return (product / a.shape[1] + 1) ** 3
