"""Power over time in 24 bands: sound [C, N] -> power [bands, T], every 5 ms.

Bands are even in octaves from 60 Hz to 18 kHz, at least two bins of the transform wide. The window of 23 ms
is centred on its frame: long enough for the lowest band, short enough to place a hit. Powers of the
channels are added, so that a sound at one side counts like one in the middle. Our choice.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from ..errors import InputError

HOPS_PER_SECOND = 200
WINDOW_SECONDS = 0.0232
LOWEST, HIGHEST = 60.0, 18000.0
BANDS = 24


def band_power(sound: Tensor, rate: int) -> Tensor:
    """Power [BANDS, frames]; frame k is centred at k / HOPS_PER_SECOND seconds."""
    if sound.ndim != 2 or sound.shape[1] < 1:
        raise InputError(
            f"sound is {tuple(sound.shape)}: [channels, samples] with one sample or more is needed."
        )
    window = round(WINDOW_SECONDS * rate / 2) * 2
    frames = sound.shape[1] * HOPS_PER_SECOND // rate + 1
    starts = (torch.arange(frames) * rate / HOPS_PER_SECOND).round().long()
    padded = torch.nn.functional.pad(sound.float(), (window // 2, window))
    pieces = padded.unfold(1, window, 1)[:, starts]  # a copy of the frames alone; exact times for any rate
    power = torch.fft.rfft(pieces * torch.hann_window(window)).abs().square().sum(0)
    return (power @ band_matrix(rate, window)).T


def decibels(power: Tensor, floor: float) -> Tensor:
    """10 log10(power + floor)."""
    return 10 * torch.log10(power + floor)


@lru_cache(maxsize=4)
def band_matrix(rate: int, window: int) -> Tensor:
    """[bins, BANDS] of zeros and ones."""
    hertz = torch.fft.rfftfreq(window, 1 / rate)
    edges = torch.logspace(torch.log10(torch.tensor(LOWEST)), torch.log10(torch.tensor(HIGHEST)), BANDS + 1)
    upper = torch.maximum(edges[1:], edges[:-1] + 2 * rate / window)
    return ((hertz[:, None] >= edges[:-1]) & (hertz[:, None] < upper)).float()
