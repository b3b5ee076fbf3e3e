"""Distance of two waves in short-time spectra of several window lengths.

    wave [B, 1, N], target [B, 1, N] -> scalar

For each length n, hop n / 4, Hann: |log a - log b| averaged, plus ||a - b|| / ||b|| of each item (Yamamoto et
al. 2020, multi-resolution STFT loss). Long windows tell pitches apart, short ones place clicks; together they
leave the phase little freedom. The paper names no vocoder loss; this is our choice.
"""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 1e-3  # of magnitudes under the logarithm: about -90 dB of a loud sound; below is no sound to learn


def stft_distance(wave: Tensor, target: Tensor, windows: tuple[int, ...]) -> Tensor:
    """The mean over the windows of both terms."""
    terms = [_log_distance(a, b) + _convergence(a, b) for a, b in _pairs(wave, target, windows)]
    return torch.stack(terms).mean()


def log_stft_distance(wave: Tensor, target: Tensor, windows: tuple[int, ...]) -> Tensor:
    """Mean |log magnitude difference| alone: a figure to report."""
    return torch.stack([_log_distance(a, b) for a, b in _pairs(wave, target, windows)]).mean()


def _pairs(wave: Tensor, target: Tensor, windows: tuple[int, ...]):
    for n in windows:
        yield _magnitudes(wave, n), _magnitudes(target, n)


def _magnitudes(wave: Tensor, n: int) -> Tensor:
    window = torch.hann_window(n, device=wave.device)
    frames = torch.stft(wave.squeeze(1), n, n // 4, window=window, return_complex=True)
    # The root's slope at 0 is infinite; a millionth of the floor's energy bounds it.
    return (torch.view_as_real(frames).square().sum(-1) + FLOOR**2 * 1e-6).sqrt()


def _log_distance(a: Tensor, b: Tensor) -> Tensor:
    return (a.clamp(min=FLOOR).log() - b.clamp(min=FLOOR).log()).abs().mean()


def _convergence(a: Tensor, b: Tensor) -> Tensor:
    """Items as quiet as the floor don't count more than the floor's own energy makes them."""
    least = FLOOR * (a.shape[1] * a.shape[2]) ** 0.5
    return ((a - b).flatten(1).norm(dim=1) / b.flatten(1).norm(dim=1).clamp(min=least)).mean()
