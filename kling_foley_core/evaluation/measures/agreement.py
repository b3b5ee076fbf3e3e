"""Whether two sounds are said to be the same: logits [n, classes] each, row by row -> [n] of 0 and 1.

The first class of the generated sound is that of the true one (top-1). Our choice, beside KL: a share can be
read without knowing the network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .rows import pairs


def class_agreement(generated: ArrayLike, true: ArrayLike) -> np.ndarray:
    """[n]; higher is better."""
    a, b = pairs(generated, true, ("generated", "true"))
    return (a.argmax(1) == b.argmax(1)).astype(np.float64)
