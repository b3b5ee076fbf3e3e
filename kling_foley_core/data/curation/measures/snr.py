"""Signal-to-noise ratio in dB, without a clean reference: the noise is what never goes away.

Noise floor by minimum statistics (Martin 2001, "Noise power spectral density estimation based on optimal
smoothing and minimum statistics"): power is averaged over SEGMENT seconds, and of each frequency the
QUANTILE over time is taken, divided by what that quantile is of steady Gaussian noise. Then a running median
over a half octave takes out steady tones, which would otherwise be noise. SNR = (total - noise) / noise.
Our choice of numbers. WADA-SNR was not taken: it assumes that amplitudes are distributed as in speech.

What a sound is made of can't be known: rain is noise to this measure, so a threshold has to be low.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .spectrum import ShortTimePower

SEGMENT = 0.15  # seconds
QUANTILE, QUANTILE_Z = 0.1, -1.2816  # and its place in the normal distribution
REACH = 0.19  # to either side, as a share of the frequency: a half octave
LEAST_REACH = 4  # bins
OVERLAP_LOSS = 0.9  # independent averages a frame is worth, Hann with half overlap (Welch 1967)
UNHEARD = 1e-10  # -100 dB of full scale: digital silence tells nothing about the noise
LOWEST, HIGHEST = -20.0, 100.0  # dB


def snr_db(spectrum: ShortTimePower) -> float | None:
    """None for a sound that is digital silence throughout."""
    frames = max(1, round(SEGMENT / spectrum.step))
    heard = spectrum.power[spectrum.power.sum(1) > UNHEARD]
    if not len(heard):
        return None
    frames = min(frames, len(heard))
    segments = F.avg_pool1d(heard.T, frames, 1).T  # at every frame: a short pause is not cut in two
    floor = torch.quantile(segments, QUANTILE, dim=0) / _quantile_of_noise(frames)
    noise = max(float(_running_median(floor).sum()), 1e-20)
    signal = float(heard.mean(0).sum()) - noise
    return min(HIGHEST, max(LOWEST, 10 * math.log10(max(signal, 1e-20) / noise)))


def _quantile_of_noise(frames: int) -> float:
    """The QUANTILE of the mean of `frames` periodograms of steady noise whose mean is 1: a gamma
    distribution, by Wilson and Hilferty's approximation."""
    ninth = 1 / (9 * max(1.0, OVERLAP_LOSS * frames))
    return (1 - ninth + QUANTILE_Z * math.sqrt(ninth)) ** 3


def _running_median(floor: Tensor) -> Tensor:
    """[F] -> [F], each over a half octave."""
    found = torch.empty_like(floor)
    for k in range(len(floor)):
        reach = max(LEAST_REACH, round(REACH * k))
        found[k] = floor[max(0, k - reach) : k + reach + 1].median()
    return found
