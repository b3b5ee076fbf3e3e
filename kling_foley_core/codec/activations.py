"""The vocoder's activation: SnakeBeta at twice the sampling rate, so that its overtones don't alias.

    x [B, C, T] -> [B, C, T]: up x2, x + sin^2(x e^alpha) / (e^beta + 1e-9), down x2

Specification 7.2. Both filters are 12-tap Kaiser-windowed sincs; they stand in the checkpoint as buffers, so
the stored values win over the ones made here.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.precision import PreciseBuffers

TAPS = 12
CUTOFF = 0.25  # of the doubled rate: half of the original band limit's rate
HALF_WIDTH = 0.3  # of the transition band
REACH = 5  # input samples on either side that an output sample depends on, both filters together


def lowpass_filter() -> Tensor:
    """[1, 1, 12] float32 on the CPU, sum 1."""
    attenuation = (
        2.285 * (TAPS // 2 - 1) * math.pi * 4 * HALF_WIDTH + 7.95
    )  # 51 dB: Kaiser's rule above 50 dB
    window = torch.kaiser_window(
        TAPS, periodic=False, beta=0.1102 * (attenuation - 8.7), dtype=torch.float32, device="cpu"
    )
    time = torch.arange(TAPS, dtype=torch.float32, device="cpu") - TAPS // 2 + 0.5
    taps = 2 * CUTOFF * window * torch.sinc(2 * CUTOFF * time)
    return (taps / taps.sum()).view(1, 1, TAPS)


class _Filter(PreciseBuffers):
    """Holds the taps under the checkpoint's name and applies them to each channel alone."""

    def __init__(self, device: torch.device | str | None) -> None:
        super().__init__()
        self.register_buffer("filter", lowpass_filter().to(device))

    def taps(self, x: Tensor) -> Tensor:
        return self.filter.to(device=x.device, dtype=x.dtype).expand(x.shape[1], 1, TAPS)


class Upsample(_Filter):
    """[B, C, T] -> [B, C, 2 T]."""

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (5, 5), mode="replicate")
        return 2 * F.conv_transpose1d(padded, self.taps(x), stride=2, groups=x.shape[1])[..., 15:-15]


class LowPass(_Filter):
    """[B, C, 2 T] -> [B, C, T]."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv1d(F.pad(x, (5, 6), mode="replicate"), self.taps(x), stride=2, groups=x.shape[1])


class Downsample(nn.Module):
    """The checkpoint keeps this filter one level deeper than the other."""

    def __init__(self, device: torch.device | str | None) -> None:
        super().__init__()
        self.lowpass = LowPass(device)

    def forward(self, x: Tensor) -> Tensor:
        return self.lowpass(x)


class SnakeBeta(nn.Module):
    """x + sin^2(x e^alpha) / (e^beta + 1e-9), per channel; in float32, as a half-precision phase is noise."""

    def __init__(self, channels: int, **factory) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels, **factory))
        self.beta = nn.Parameter(torch.zeros(channels, **factory))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        frequency, size = (p.to(wide).exp().view(1, -1, 1) for p in (self.alpha, self.beta))
        return (wide + torch.sin(wide * frequency).square() / (size + 1e-9)).to(x.dtype)


class AntiAliasedSnake(nn.Module):
    """SnakeBeta between the two filters."""

    def __init__(
        self, channels: int, *, device: torch.device | str | None, dtype: torch.dtype | None
    ) -> None:
        super().__init__()
        self.act = SnakeBeta(channels, device=device, dtype=dtype)
        self.upsample = Upsample(device)
        self.downsample = Downsample(device)

    def forward(self, x: Tensor) -> Tensor:
        return self.downsample(self.act(self.upsample(x)))
