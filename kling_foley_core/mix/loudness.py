"""Loudness of a sound: ITU-R BS.1770-4 (integrated, gated), EBU Tech 3341 (momentary, short-term) and EBU
Tech 3342 (range).

wave [C, N] at `rate`, channels as in k_weighting.py; LUFS, minus infinity for silence and for sounds shorter
than one block.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from .k_weighting import weighted_power

BLOCK_SECONDS = 0.4  # of momentary and integrated loudness

_STEPS = 10  # a second: blocks of 400 ms overlap by 75 %
_BLOCK, _SHORT = 4, 30  # steps
_FINE_STEPS = 100  # a second, of momentary loudness: in steps of 100 ms a burst of 400 ms lies between blocks
_ABSOLUTE_GATE = -70.0  # LUFS
_GATE, _RANGE_GATE = -10.0, -20.0  # LU below the mean of what is above the absolute gate


def momentary_loudness(wave: Tensor, rate: int) -> np.ndarray:
    """LUFS of every block of 400 ms, a hundred a second."""
    return _lufs(_blocks(weighted_power(wave, rate, _FINE_STEPS), _BLOCK * _FINE_STEPS // _STEPS))


def short_term_loudness(wave: Tensor, rate: int) -> np.ndarray:
    """LUFS of every 3 s, ten a second."""
    return _lufs(_blocks(weighted_power(wave, rate, _STEPS), _SHORT))


def integrated_loudness(wave: Tensor, rate: int) -> float:
    """LUFS of the whole: the mean of the blocks that are above -70 LUFS and at most 10 LU below the mean of
    those."""
    powers = _gated(_blocks(weighted_power(wave, rate, _STEPS), _BLOCK), _GATE)
    return float(_lufs(powers.mean())) if len(powers) else -np.inf


def loudness_range(wave: Tensor, rate: int) -> float:
    """LU from the 10th to the 95th percentile of the short-term loudness; 0 below 3 s."""
    levels = _lufs(_gated(_blocks(weighted_power(wave, rate, _STEPS), _SHORT), _RANGE_GATE))
    if not len(levels):
        return 0.0
    low, high = np.percentile(levels, [10, 95])
    return float(high - low)


def _blocks(powers: np.ndarray, length: int) -> np.ndarray:
    """Mean powers of `length` steps, one block a step."""
    if len(powers) < length:
        return np.zeros(0)
    return np.lib.stride_tricks.sliding_window_view(powers, length).mean(1)


def _gated(powers: np.ndarray, relative: float) -> np.ndarray:
    powers = powers[_lufs(powers) > _ABSOLUTE_GATE]
    return powers[_lufs(powers) > _lufs(powers.mean()) + relative] if len(powers) else powers


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return -0.691 + 10 * np.log10(power)
