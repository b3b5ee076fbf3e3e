"""Sounds whose marking is tested: steady noise, blows with silence between them, a bare tone, a rendered
scene."""

from __future__ import annotations

import torch
from torch import Tensor

from kling_foley_core.foley_world import make_scene, render_sound


def noise(seconds: float, rate: int = 44100, channels: int = 2, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(channels, round(seconds * rate), generator=draw)


def blows(seconds: float, rate: int = 44100) -> Tensor:
    """Two a second, of which each dies away in 0.1 s."""
    time = torch.arange(round(seconds * rate)) / rate
    return noise(seconds, rate, seed=1) * 3 * torch.exp(-(time % 0.5) / 0.1)


def tone(seconds: float, rate: int = 44100) -> Tensor:
    time = torch.arange(round(seconds * rate)) / rate
    return 0.3 * torch.sin(2 * torch.pi * 1000 * time).repeat(2, 1)


def scene(number: int = 5009, rate: int = 44100) -> Tensor:
    return torch.from_numpy(render_sound(make_scene(number, "eval", 8.0), rate))
