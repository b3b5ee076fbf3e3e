"""Sounds whose place can be found again."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def noise(channels: int, samples: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(
        np.random.default_rng(seed).uniform(-0.9, 0.9, (channels, samples)).astype(np.float32)
    )


def lag(a: Tensor, b: Tensor) -> int:
    """Samples by which b is late, by correlation."""
    n = 1 << (a.numel() + b.numel()).bit_length()
    spectrum = torch.fft.rfft(b.double(), n) * torch.fft.rfft(a.double(), n).conj()
    at = int(torch.fft.irfft(spectrum, n).argmax())
    return at - n if at > n // 2 else at
