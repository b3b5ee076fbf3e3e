"""Mel bands as triangles on the mel scale itself, as HTK and Kaldi make them: [n_fft / 2 + 1, bands].

mel = 1127 ln(1 + Hz / 700); a band rises from its left neighbour's centre to its own and falls to its right
neighbour's, linearly in mel, not in Hz; its peak is 1. Used by VGGish, YAMNet, PaSST and ImageBind.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def mel_triangles(
    rate: int, n_fft: int, bands: int, low: float, high: float, dtype: torch.dtype = torch.float64
) -> Tensor:
    """`low`, `high` in Hz: where the first band begins and the last ends. The bin of 0 Hz is in no band.
    `dtype`: also of the arithmetic; Kaldi's is float32, which shows where a bin lies on a band's edge."""
    bins = rate / n_fft * torch.arange(n_fft // 2 + 1, dtype=dtype)[:, None]
    bins = 1127.0 * (1.0 + bins / 700.0).log()
    first, last = (1127.0 * math.log(1.0 + hertz / 700.0) for hertz in (low, high))
    edges = first + torch.arange(bands + 2, dtype=dtype) * ((last - first) / (bands + 1))
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    weights = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp(min=0)
    weights[0] = 0
    return weights
