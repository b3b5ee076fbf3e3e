"""Cosine of two embeddings in a space that two kinds share: [n, d] each, row by row -> [n], -1 .. 1.

IB-score: the film and the generated sound by ImageBind (Girdhar et al., 2023), one vector a clip; papers give
it times 100, so does the table. CLAP: the caption and the generated sound, LAION's (Wu et al., 2023) and
Microsoft's (Elizalde et al., 2023), as it is. The measure is the mean over clips; lengths are at least 1e-8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .rows import pairs

LEAST = 1e-8


def cosine(given: ArrayLike, generated: ArrayLike) -> np.ndarray:
    """[n]; higher is better. `given`: of film or caption."""
    a, b = (v / np.maximum(_length(v), LEAST) for v in pairs(given, generated, ("given", "generated")))
    return (a * b).sum(1)


def _length(rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(rows).sum(1, keepdims=True))
