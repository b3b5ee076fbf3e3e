"""Signals of known loudness and peak: sines of a level in dBFS, one after another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def sine(level: float, seconds: float, rate: int = 48000, hertz: float = 1000, channels: int = 2) -> Tensor:
    """[C, N] of peak `level` dBFS (0 dBFS: a sine that reaches 1), both channels alike."""
    return tones([(level, seconds)], rate, hertz, channels)


def tones(
    parts: Sequence[tuple[float, float]], rate: int = 48000, hertz: float = 1000, channels: int = 2
) -> Tensor:
    """Parts (dBFS, seconds) of one sine that runs through."""
    level = torch.cat([torch.full((round(s * rate),), 10 ** (db / 20)) for db, s in parts])
    time = torch.arange(len(level), dtype=torch.float64) / rate
    return (level * torch.sin(2 * math.pi * hertz * time)).float().repeat(channels, 1)


def noise(seconds: float, rate: int = 48000, channels: int = 2, level: float = 0.1, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return level * torch.randn(channels, round(seconds * rate), generator=draw)
