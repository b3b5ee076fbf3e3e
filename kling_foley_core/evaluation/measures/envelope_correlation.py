"""Correlation of the envelope of continuous sounds (rolling, rain, an engine) with the true one.

Per clip, Pearson's r of two levels in decibels over time, both over 100 ms: the sound's, and that of the
scene's flows and ambience by its truth. Clips with hits are left out, for their ringing has no true
envelope, and clips in which nothing changes. Our choice.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...foley_world import Truth
from .envelope import envelope
from .statistics import pearson

FLOOR = 10 ** (-60 / 20)
LEAST_CHANGE = 2.0  # dB
SMOOTH = np.ones(10) / 10  # 100 ms


def envelope_correlation(sound: Tensor, rate: int, truth: Truth) -> float | None:
    """-1..1; None for a clip that has nothing to say about it."""
    if not truth.flows or truth.events:
        return None
    steady = truth.flows if truth.ambience is None else (*truth.flows, truth.ambience)
    power = sum(np.square(part.envelope) for part in steady)
    true = decibels(np.sqrt(np.convolve(power, SMOOTH, "same")))
    if true.std() < LEAST_CHANGE:
        return None
    return pearson(true, decibels(envelope(sound, rate, len(true))))


def decibels(amplitude: np.ndarray) -> np.ndarray:
    return 20 * np.log10(amplitude + FLOOR)
