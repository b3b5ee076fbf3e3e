"""The watermark's pattern: which bands are louder and which softer, and when; it repeats every period.

    signs [PAIRS, BANDS], +1 or -1

Time is cut into cells, two of them a pair: in the first cell of pair k band b is made louder where its sign
is +1 and softer where it is -1, in the second cell the other way round, so that levels stay and a detector
can compare neighbours. The signs come from SHAKE-256 of the key, the same on every machine and version. The
key is in the open, so anyone can look for the mark, and who knows how can take it out. Our choice throughout.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor

KEY = "Kling-Foley watermark, version 1"
HOP = 0.008  # seconds from frame to frame of the spectra, of marking and of looking for marks
CELL = 6  # hops
PAIRS = 32  # of cells in a period
PERIOD = 2 * PAIRS * CELL * HOP  # seconds
BANDS, LOWEST, HIGHEST = 96, 300.0, 10_000.0  # Hz: of equal width, where codecs keep what they are given


def signs(key: str) -> Tensor:
    """float32 [PAIRS, BANDS]."""
    count = PAIRS * BANDS
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(key.encode()).digest(count // 8), np.uint8))
    return torch.from_numpy(bits.astype(np.float32)).view(PAIRS, BANDS) * 2 - 1


def cells(key: str) -> Tensor:
    """[2 PAIRS, BANDS]: the direction of each band in each cell of a period."""
    first = signs(key)
    return torch.stack((first, -first), 1).flatten(0, 1)


def bands(count: int, rate: int) -> Tensor:
    """[count // 2 + 1, BANDS]: 1 where a bin of a spectrum of `count` samples lies in a band, else 0."""
    frequency = torch.arange(count // 2 + 1) * (rate / count)
    band = ((frequency - LOWEST) * (BANDS / (HIGHEST - LOWEST))).floor()
    return (band[:, None] == torch.arange(BANDS)).float()
