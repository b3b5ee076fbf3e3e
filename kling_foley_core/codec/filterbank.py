"""The mel filterbank, and a way back from mel bands to frequency bins.

    mel_filterbank -> [n_mels, n_fft / 2 + 1], triangles on the Slaney mel scale, each of area 1 in Hz
    band_to_bin    -> [n_fft / 2 + 1, n_mels], rows >= 0 with sum 1

The first is specification 6.1, made from the formulas in float64, so that neither torchaudio nor a stored
table is needed. The second is our choice, for the stereo renderer and the small vocoder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

HZ_PER_MEL = 200.0 / 3.0  # the scale is linear up to 1 kHz ...
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / HZ_PER_MEL
LOG_STEP = math.log(6.4) / 27.0  # ... and then 27 mels take the frequency up 6.4 times


@dataclass(frozen=True)
class MelConfig:
    """How a sound becomes a log mel spectrogram."""

    sampling_rate: int
    n_fft: int  # also the window's length
    hop: int  # samples from one frame to the next
    n_mels: int
    fmin: float
    fmax: float
    log: str  # "ln" or "log10"

    def __post_init__(self) -> None:
        if self.log not in ("ln", "log10"):
            raise ValueError(f"MelConfig.log = {self.log!r}: only 'ln' and 'log10' exist.")
        if self.hop < 1 or self.n_fft < 2 * self.hop or self.n_fft % self.hop or (self.n_fft - self.hop) % 2:
            raise ValueError(
                f"MelConfig: n_fft = {self.n_fft} must be twice hop = {self.hop} or a larger multiple, "
                "with an even difference."
            )
        if self.n_mels < 2:
            raise ValueError(f"MelConfig.n_mels = {self.n_mels}: two bands or more are needed.")
        if not 0 <= self.fmin < self.fmax <= self.sampling_rate / 2:
            raise ValueError(
                f"MelConfig: fmin = {self.fmin}, fmax = {self.fmax} must lie within 0 and half of "
                f"{self.sampling_rate} Hz."
            )


def _to_mel(hz: float) -> float:
    return hz / HZ_PER_MEL if hz < BREAK_HZ else BREAK_MEL + math.log(hz / BREAK_HZ) / LOG_STEP


def _to_hz(mel: Tensor) -> Tensor:
    return torch.where(mel < BREAK_MEL, mel * HZ_PER_MEL, BREAK_HZ * torch.exp(LOG_STEP * (mel - BREAK_MEL)))


def _corners(config: MelConfig) -> Tensor:
    """[n_mels + 2] frequencies in Hz: band m rises from corner m to m+1 and falls to m+2."""
    low, high = _to_mel(config.fmin), _to_mel(config.fmax)
    return _to_hz(torch.linspace(low, high, config.n_mels + 2, dtype=torch.float64, device="cpu"))


def _bins(config: MelConfig) -> Tensor:
    return torch.linspace(
        0, config.sampling_rate / 2, config.n_fft // 2 + 1, dtype=torch.float64, device="cpu"
    )


@lru_cache(maxsize=8)
def mel_filterbank(config: MelConfig) -> Tensor:
    """[n_mels, bins] float32 on the CPU."""
    with torch.inference_mode(False):  # the cached table must also serve training
        corners, bins = _corners(config), _bins(config)
        left, centre, right = (corners[i : i + config.n_mels, None] for i in range(3))
        rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
        triangles = torch.minimum(rising, falling).clamp(min=0)
        return (triangles * (2 / (right - left))).float()


@lru_cache(maxsize=8)
def band_to_bin(config: MelConfig) -> Tensor:
    """[bins, n_mels] float32 on the CPU: carries one value per band to every bin by linear interpolation in
    Hz.

    Our choice: between two band centres a bin is a weighted mean of both, outside the outermost it takes the
    nearest band's value. Rows are weights that sum to 1, so gains that sum to 2 per band sum to 2 per bin;
    the filterbank's own transpose has no such rows, and leaves low bins between narrow bands with nothing at
    all.
    """
    with torch.inference_mode(False):
        centres, bins = _corners(config)[1:-1], _bins(config)
        lower = (torch.searchsorted(centres, bins, right=True) - 1).clamp(0, config.n_mels - 2)
        share = ((bins - centres[lower]) / (centres[lower + 1] - centres[lower])).clamp(0, 1)
        weights = torch.zeros(len(bins), config.n_mels, dtype=torch.float64, device="cpu")
        weights.scatter_(1, lower[:, None], (1 - share)[:, None])
        weights.scatter_(1, lower[:, None] + 1, share[:, None])
        return weights.float()
