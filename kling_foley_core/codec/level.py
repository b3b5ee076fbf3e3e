"""Level around a VAE that knows only some levels: a sound is brought to one that it learned, and given its
own back after decoding.

One gain in dB for a whole sound, so that loud and quiet within it keep their distance. A VAE loses energy
where it blurs what is loud; how much, only the decoded sound tells, so the gain is measured on it. Our
choice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..files.on_disk import piecewise
from .filterbank import MelConfig

PEAK_DB = -1.0  # no sound is brought above it
ROUNDS = 4  # of raising what clipping took
FAINTEST = 1e-6  # of full scale: a smaller RMS is silence


def ratio(db: Tensor | float) -> Tensor:
    return 10 ** (torch.as_tensor(db, dtype=torch.float32) / 20)


def decibels(size: Tensor) -> Tensor:
    return 20 * size.clamp(min=FAINTEST).log10()


def rms(wave: Tensor) -> Tensor:
    """wave [B, 1, N] -> [B], without what is constant: an offset is no sound."""
    return (wave - wave.mean(-1, keepdim=True)).square().mean((1, 2)).sqrt()


def with_gain(wave: Tensor, gain_db: Tensor) -> Tensor:
    """wave [B, ...] by gain_db [B]."""
    return wave * ratio(gain_db).to(wave.device).view(-1, *[1] * (wave.ndim - 1))


def mel_with_gain(log_mel: Tensor, gain_db: Tensor, config: MelConfig) -> Tensor:
    """log_mel [B, n_mels, T] of sounds that then get gain_db [B]."""
    log = torch.log if config.log == "ln" else torch.log10
    more = log(ratio(gain_db)).to(log_mel.device).view(-1, 1, 1)
    return piecewise(lambda mel: mel + more, log_mel)


def at_level(wave: Tensor, level_db: float) -> Tensor:
    """wave [B, 1, N] in -1..1 without offset, each item's RMS at `level_db` or its peak at PEAK_DB, whichever
    is the quieter; silence stays silence."""
    wave = wave - wave.mean(-1, keepdim=True)
    size, peak = rms(wave), wave.abs().amax((1, 2))
    gain_db = torch.minimum(level_db - decibels(size), PEAK_DB - decibels(peak))
    return with_gain(wave, torch.where(size > FAINTEST, gain_db, 0.0))


def lost_db(wave: Tensor, decoded: Tensor) -> Tensor:
    """The gain [B] that gives `decoded` the RMS of `wave`, both [B, 1, N], though its peaks are clipped."""
    wanted = rms(wave).clamp(min=FAINTEST)
    gain_db = decibels(wanted) - decibels(rms(decoded))
    for _ in range(ROUNDS):
        reached = rms(with_gain(decoded, gain_db).clamp(-1, 1))
        gain_db = gain_db + decibels(wanted) - decibels(reached)
    return gain_db
