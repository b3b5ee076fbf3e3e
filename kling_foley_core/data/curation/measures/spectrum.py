"""Short-time power spectrum of a sound, which several measures share.

    wave [C, N] in -1..1  ->  power [T, F], T >= 1, and the hertz from one bin to the next

Frames of about 46 ms (2048 samples at 44.1 kHz) every 23 ms, Hann window, mean over the channels, scaled so
that a frame's sum is its mean square. Our choice.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

FRAME = 0.046  # seconds, brought to a power of two of samples


class ShortTimePower(NamedTuple):
    power: Tensor  # [T, F]
    spacing: float  # Hz
    step: float  # seconds from frame to frame


def short_time_power(wave: Tensor, rate: int) -> ShortTimePower:
    """A sound shorter than a frame is continued by silence."""
    size = 2 ** max(4, round(math.log2(FRAME * rate)))
    window = torch.hann_window(size)
    padded = F.pad(wave, (0, max(0, size - wave.shape[1])))
    power = torch.zeros(1 + (padded.shape[1] - size) // (size // 2), size // 2 + 1)
    for channel in padded:  # one after the other: half of the memory
        frames = torch.stft(channel, size, size // 2, window=window, center=False, return_complex=True)
        power += frames.real.square().T + frames.imag.square().T
    power[:, 1:-1] *= 2  # one-sided
    scale = len(wave) * size * float(window.square().sum())
    return ShortTimePower(power / scale, rate / size, size / 2 / rate)
