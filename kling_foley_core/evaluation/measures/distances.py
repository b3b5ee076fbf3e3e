"""How far a decoded wave is from the original: both [N] at one rate -> one number each.

The paper names its measures without formulas (section 6.2); ours:

    SI-SDR     10 log10 |a s|^2 / |a s - d|^2 with a = <d, s> / |s|^2
    SDR        10 log10 |s|^2 / |s - d|^2
    LSD        mean over frames of the RMS over bins of log10 power ratios
    MCD        10 sqrt(2) / ln 10 times the mean distance of cepstra 1 .. 13 of the log mel, in dB
    mel, STFT  mean |log10 power ratio| + mean |magnitude difference|; STFT over windows of 2048 and 512
    PESQ       ITU-T P.862.2, wide band, from the package `pesq` if it is installed; speech and singing only
"""

from __future__ import annotations

import importlib.util
import math

import torch
from torch import Tensor

from ...codec.filterbank import MelConfig, mel_filterbank
from ...codec.stft import spectrum

EPSILON = 1e-8
FLOOR = 1e-5  # of a magnitude, before the logarithm
CEPSTRA = 13
STFT_WINDOWS = (2048, 512)
PESQ_RATE = 16000


def si_sdr(decoded: Tensor, original: Tensor) -> float:
    """dB; the level of `decoded` does not matter."""
    target = original * ((decoded @ original) / (original @ original + EPSILON))
    return _decibels(target.square().sum(), (target - decoded).square().sum())


def sdr(decoded: Tensor, original: Tensor) -> float:
    """dB"""
    return _decibels(original.square().sum(), (original - decoded).square().sum())


def log_spectral_distance(decoded: Tensor, original: Tensor) -> float:
    a, b = (2 * _magnitude(w, STFT_WINDOWS[0]).clamp(min=FLOOR).log10() for w in (decoded, original))
    return float((a - b).square().mean(0).sqrt().mean())


def mel_cepstral_distortion(decoded: Tensor, original: Tensor, config: MelConfig) -> float:
    a, b = (_cosines(config.n_mels) @ _mel(w, config).clamp(min=FLOOR).log() for w in (decoded, original))
    return float(10 * math.sqrt(2) / math.log(10) * (a - b).square().sum(0).sqrt().mean())


def mel_distance(decoded: Tensor, original: Tensor, config: MelConfig) -> float:
    return _distance(_mel(decoded, config), _mel(original, config))


def stft_distance(decoded: Tensor, original: Tensor) -> float:
    each = [_distance(_magnitude(decoded, w), _magnitude(original, w)) for w in STFT_WINDOWS]
    return sum(each) / len(each)


def can_pesq() -> bool:
    return importlib.util.find_spec("pesq") is not None


def pesq(decoded: Tensor, original: Tensor, rate: int) -> float:
    """1 .. 4.64"""
    from pesq import pesq as measure

    from ...media import resample

    waves = [resample(w[None], rate, PESQ_RATE)[0].numpy() for w in (original, decoded)]
    return float(measure(PESQ_RATE, *waves, "wb"))


def _decibels(signal: Tensor, noise: Tensor) -> float:
    return 10 * math.log10((float(signal) + EPSILON) / (float(noise) + EPSILON))


def _magnitude(wave: Tensor, window: int) -> Tensor:
    """[bins, frames]"""
    return spectrum(wave[None], window, window // 4, edges="constant")[0].abs()


def _mel(wave: Tensor, config: MelConfig) -> Tensor:
    """Linear bands [n_mels, frames]."""
    return mel_filterbank(config) @ spectrum(wave[None], config.n_fft, config.hop, edges="constant")[0].abs()


def _distance(a: Tensor, b: Tensor) -> float:
    logs = 2 * (a.clamp(min=FLOOR).log10() - b.clamp(min=FLOOR).log10()).abs().mean()
    return float(logs + (a - b).abs().mean())


def _cosines(bands: int) -> Tensor:
    """[CEPSTRA, bands]: rows 1 .. CEPSTRA of the orthonormal cosine transform (the 0th is loudness)."""
    k, n = torch.arange(1, CEPSTRA + 1)[:, None], torch.arange(bands)[None]
    return math.sqrt(2 / bands) * torch.cos(math.pi / bands * (n + 0.5) * k)
