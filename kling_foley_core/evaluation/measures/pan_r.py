"""Correlation over time of a sound's pan with the reference's, -1..1: does it come from where the film's own
sound comes from?

The pan is x in -1..1 by the energies of left and right (pan.py) over 100 ms, 100 times a second. It is
compared in those frames in which both sound, within DEPTH of their own loudest. None where the reference is
mono or stays at one place, and where both sound less than 0.1 s; 0 for a sound that stays at one place though
the reference does not. Our choice.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...foley_world.truth import TRUTH_RATE
from .envelope import channel_power
from .pan import FRAME, pan_position
from .statistics import FEWEST, pearson

DEPTH = 40.0  # dB
LEAST_CHANGE = 0.05  # deviation of x over time


def pan_r(sound: Tensor, rate: int, reference: Tensor, reference_rate: int) -> float | None:
    """Of [1 or 2, N] and [1 or 2, M] from the same moment on."""
    frames = int(min(sound.shape[1] / rate, reference.shape[1] / reference_rate) * TRUTH_RATE)
    measured, true = pan_over_time(sound, rate, frames), pan_over_time(reference, reference_rate, frames)
    both = ~np.isnan(measured) & ~np.isnan(true)
    if both.sum() < FEWEST or true[both].std() < LEAST_CHANGE:
        return None
    return pearson(true[both], measured[both])


def pan_over_time(wave: Tensor, rate: int, frames: int) -> np.ndarray:
    """x [frames]; NaN where nothing sounds. A mono sound is in the middle."""
    power = channel_power(wave, rate, frames, FRAME)
    both = power.sum(0)
    silent = both <= both.max(initial=0.0) * 10 ** (-DEPTH / 10)
    return np.where(silent, np.nan, pan_position(power[0], power[-1]))
