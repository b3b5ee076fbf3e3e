"""The power [C] of an onset: of its first 50 ms, in the bands that rise with it.

Each band's power just after the instant less that just before, in bands that rise by 6 dB or more in all
channels together: so ringing of an earlier hit, rain and reverberation count neither for the place nor for
the loudness of this one. Our choice.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...analysis.bands import band_matrix
from ...foley_world import EventTruth, Truth
from .isolation import isolated

AFTER = 0.05  # seconds
GAP = 0.004  # seconds: an onset is not placed better than this
RISE = 4.0  # of power
MASKED_DB = 6.0


def onset_power(sound: Tensor, rate: int, time: float) -> Tensor:
    """Mean square [C] of what begins at `time`; zeros if nothing rises or the instant lies outside."""
    length = round(AFTER * rate)
    start = round((time - GAP / 2) * rate)
    after, before = sound[:, max(0, start) : start + length], sound[:, max(0, start - length) : max(0, start)]
    if after.shape[1] < length:
        return torch.zeros(len(sound))
    now = _band_power(after, rate, length)
    earlier = _band_power(torch.nn.functional.pad(before, (length - before.shape[1], 0)), rate, length)
    risen = now.sum(0) > RISE * earlier.sum(0)
    return ((now - earlier).clamp(min=0) * risen).sum(1) / (length * length / 2)


def audible(true_sound: Tensor, rate: int, truth: Truth) -> list[EventTruth]:
    """Isolated events whose own loudness the true sound has, by which a sound can be measured: not those that
    rain, another event's ringing or an echo masks."""
    kept = []
    for event in isolated(truth, AFTER, AFTER):
        measured = 10 * math.log10(float(onset_power(true_sound, rate, event.time).sum()) + 1e-12)
        if abs(measured - event.loudness_db) < MASKED_DB:
            kept.append(event)
    return kept


def _band_power(piece: Tensor, rate: int, length: int) -> Tensor:
    """[C, N] -> [C, bands]"""
    return torch.fft.rfft(piece.float()).abs().square() @ band_matrix(rate, length)
