"""Mel bands as triangles on the mel scale itself, as HTK and Kaldi make them: [n_fft / 2 + 1, bands].

mel = 1127 ln(1 + Hz / 700); a band rises from its left neighbour's centre to its own and falls to its right
neighbour's, linearly in mel, not in Hz; its peak is 1. Used by VGGish, YAMNet, PaSST and ImageBind.
"""

from __future__ import annotations

import torch
from torch import Tensor


def to_mel(hertz: Tensor) -> Tensor:
    return 1127.0 * torch.log(1.0 + hertz / 700.0)


def mel_triangles(rate: int, n_fft: int, bands: int, low: float, high: float) -> Tensor:
    """`low`, `high` in Hz: where the first band begins and the last ends. The bin of 0 Hz is in no band."""
    bins = to_mel(torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64))[:, None]
    ends = to_mel(torch.tensor([low, high], dtype=torch.float64)).tolist()
    edges = torch.linspace(*ends, bands + 2, dtype=torch.float64)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    weights = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp(min=0)
    weights[0] = 0
    return weights
