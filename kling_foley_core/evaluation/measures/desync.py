"""DeSync: how far sound and film are apart in seconds, by Synchformer's guess (Iashin et al., 2024).

logits [n, 2, 21]: of each clip's first and last 14 segments (4.8 s; of a clip of 4.8 s twice the same), over
offsets of -2 .. 2 s in steps of 0.2. The likeliest offset's size, mean of both windows -> [n] seconds; the
measure is the mean over clips (Viertola et al., 2025).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InputError
from .rows import checked_rows

SEGMENTS = 14
OFFSETS = np.linspace(-2.0, 2.0, 21)  # seconds


def desync(logits: ArrayLike) -> np.ndarray:
    """[n], 0 .. 2 s; lower is better."""
    windows = np.asarray(logits, dtype=np.float64)
    if windows.ndim != 3 or windows.shape[1:] != (2, len(OFFSETS)):
        raise InputError(f"Logits of offsets are {windows.shape}: give [clips, 2 windows, {len(OFFSETS)}].")
    checked_rows(windows.reshape(len(windows), -1), "offset")
    return np.abs(OFFSETS[windows.argmax(2)]).mean(1)
