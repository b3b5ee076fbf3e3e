"""True peak: the largest value between the samples, as ITU-R BS.1770-4, annex 2 has it, by 4 times
oversampling.

The interpolator is a Kaiser-windowed sinc, our choice instead of the annex's example: its first phase is the
sample itself, so that a true peak is never below the sample peak.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..files.on_disk import let_go

OVERSAMPLING = 4

_HALF = 16  # samples to either side
_BETA = 6.0
_CHUNK = 2**18  # samples at once: bounds memory


def true_peak(wave: Tensor) -> float:
    """dBTP of [C, N]; minus infinity for silence."""
    largest = max(
        (float(peaks(wave, at, at + _CHUNK).max()) for at in range(0, wave.shape[1], _CHUNK)), default=0.0
    )
    return 20 * math.log10(largest) if largest else -math.inf


def peaks(wave: Tensor, begin: int, end: int) -> Tensor:
    """float32 [n] of the samples begin..end of [C, N]: the largest of all channels, from each sample up to
    the next; silence lies around the sound."""
    end = min(end, wave.shape[1])
    first, last = begin - _HALF + 1, end + _HALF
    part = wave[:, max(first, 0) : last].detach().to("cpu", torch.float32)
    let_go(wave)
    part = F.pad(part, (max(-first, 0), max(last - wave.shape[1], 0)))
    between = F.conv1d(part[:, None], _interpolator()).abs().amax(dim=(0, 1))
    return torch.maximum(between, part[:, _HALF - 1 : part.shape[1] - _HALF].abs().amax(0))


@cache
def _interpolator() -> Tensor:
    """[3, 1, 2 * _HALF]: the values a quarter, a half and three quarters behind the sample."""
    places = np.arange(-_HALF + 1, _HALF + 1)
    offsets = places[None] - np.arange(1, OVERSAMPLING)[:, None] / OVERSAMPLING
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (offsets / _HALF) ** 2, 0, None))) / np.i0(_BETA)
    return torch.from_numpy(np.sinc(offsets) * window).float()[:, None]
