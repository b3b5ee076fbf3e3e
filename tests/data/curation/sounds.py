"""Sounds of known truth, [C, N] at RATE."""

from __future__ import annotations

import math

import torch
from torch import Tensor

RATE = 44100


def sine(hertz: float, seconds: float, rate: int = RATE) -> Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(round(seconds * rate)) / rate)[None]


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> Tensor:
    """White, of power 1."""
    return torch.randn(1, round(seconds * rate), generator=torch.Generator().manual_seed(seed))


def low_passed(wave: Tensor, hertz: float, rate: int = RATE) -> Tensor:
    """Nothing at all above."""
    spectrum = torch.fft.rfft(wave)
    spectrum[:, math.ceil(hertz * wave.shape[1] / rate) :] = 0
    return torch.fft.irfft(spectrum, wave.shape[1])


def with_noise(wave: Tensor, snr_db: float, seed: int = 1) -> Tensor:
    """White noise added at this ratio, both made quieter alike."""
    hiss = noise(wave.shape[1] / RATE, seed)[:, : wave.shape[1]]
    level = (wave.square().mean() / hiss.square().mean()).sqrt() * 10 ** (-snr_db / 20)
    return (wave + level * hiss) / 8


def knocks(seconds: float, seed: int, rate: int = RATE) -> Tensor:
    """Decaying noise bursts of random times, pitches and strengths over a faint room: no two seeds alike."""
    draw = torch.Generator().manual_seed(seed)
    wave = 1e-3 * noise(seconds, seed + 1000, rate)
    for _ in range(round(3 * seconds)):
        at, hertz, strength, decay = torch.rand(4, generator=draw).tolist()
        burst = noise(0.3, int(1e6 * at), rate) * sine(150 * 20**hertz, 0.3, rate)
        fade = torch.exp(-torch.arange(burst.shape[1]) / rate / (0.02 + 0.08 * decay))
        start = int(at * (wave.shape[1] - burst.shape[1]))
        wave[:, start : start + burst.shape[1]] += 0.3 * (0.2 + strength) * fade * burst
    return wave.clamp(-1, 1)
