"""How far the watermark may move each band of each frame, in dB, and stay under what the sound itself masks.

    power [..., T, F] of long frames -> decibels [..., T, BANDS]

A gain of d dB is an error of 20 log10(10^(d/20) - 1) dB against the band itself, which hides it where it lies
below the masked threshold: 5.5 dB under noise, 14.5 dB plus one for each Bark under a tone (Johnston 1988,
Transform coding of audio signals using perceptual noise criteria). Between them the band's spectral
flatness decides. The margin and the most are our choice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .pattern import BANDS, HIGHEST, LOWEST

MOST = 1.0  # dB: a change of level in one band of noise that is heard by nobody
MARGIN = 3.0  # dB under the threshold
NOISE, TONE = (
    4.0,
    16.0,
)  # dB: flatness of a band with noise, with exponentially distributed powers, and a tone
LEAST = 1e-20  # power of digital silence


def bark(frequency: Tensor) -> Tensor:
    """Zwicker and Terhardt 1980."""
    return 13 * torch.atan(0.00076 * frequency) + 3.5 * torch.atan((frequency / 7500) ** 2)


def strength(power: Tensor, bands: Tensor) -> Tensor:
    """`bands` [F, BANDS] as pattern.bands; 0 in bands that a low sampling rate leaves empty."""
    width = bands.sum(0)
    power = power.clamp_min(LEAST)
    mean = (power @ bands / width.clamp_min(1)).clamp_min(LEAST)
    flatness = 10 * torch.log10(mean) - 10 * torch.log10(power) @ bands / width.clamp_min(1)
    tonal = ((flatness - NOISE) / (TONE - NOISE)).clamp(0, 1)
    edges = torch.linspace(LOWEST, HIGHEST, BANDS + 1, device=power.device)
    under = tonal * (14.5 + bark((edges[1:] + edges[:-1]) / 2)) + (1 - tonal) * 5.5 + MARGIN
    decibels = 20 * torch.log10(1 + 10 ** (-under / 20))
    return decibels.clamp_max(MOST) * (width > 0)
