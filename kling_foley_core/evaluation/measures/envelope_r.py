"""Correlation of a sound's envelope with the reference's, -1..1: does it swell and fade with the film?

Pearson's r of two levels in decibels over time, RMS of all channels over 100 ms, 100 a second, each against
its own loudest moment, so that the overall level does not matter, and at most DEPTH below it. None where the
reference's level does not change, and below 0.1 s of sound. Our choice.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...foley_world.truth import TRUTH_RATE
from .envelope import envelope
from .statistics import pearson

DEPTH = 60.0  # dB
LEAST_CHANGE = 2.0  # dB, deviation over time


def envelope_r(sound: Tensor, rate: int, reference: Tensor, reference_rate: int) -> float | None:
    """Of [C, N] and [C, M] from the same moment on; over what both last."""
    frames = int(min(sound.shape[1] / rate, reference.shape[1] / reference_rate) * TRUTH_RATE)
    true = _levels(reference, reference_rate, frames)
    return pearson(true, _levels(sound, rate, frames)) if frames and true.std() >= LEAST_CHANGE else None


def _levels(wave: Tensor, rate: int, frames: int) -> np.ndarray:
    """dB [frames] below the loudest, 0 .. -DEPTH; all 0 for silence, which does not change."""
    level = envelope(wave, rate, frames)
    loudest = level.max(initial=0.0)
    return 20 * np.log10(np.maximum(level / loudest, 10 ** (-DEPTH / 20))) if loudest > 0 else level
