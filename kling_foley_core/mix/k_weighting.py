"""K-weighted power over time: the filters of ITU-R BS.1770-4, annex 1, at any sampling rate.

The standard gives coefficients for 48 kHz. For other rates the same two filters (a high shelf of +4 dB, a
high-pass at 38 Hz) are designed anew by the bilinear transform from the analogue parameters that give those
coefficients, as libebur128 and pyloudnorm do.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import let_go

LEAST_RATE = 8000  # Hz: the shelf lies at 1.7 kHz
# Of channels by their number, where they don't all count alike (BS.1770-4, table 3): L R C Ls Rs, and L R C
# LFE Ls Rs. Sounds of two channels and mixes have but left and right.
WEIGHTS = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}

_CHUNK = 2**18  # samples that are filtered at once: bounds memory, changes nothing
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_SHELF_SLOPE = 0.4996667741545416  # of the gain at its middle
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def k_filters(rate: int) -> np.ndarray:
    """Second-order sections [2, 6] (b0 b1 b2 1 a1 a2): the shelf, then the high-pass."""
    if rate < LEAST_RATE:
        raise InputError(
            f"rate = {rate}: loudness is measured from {LEAST_RATE} Hz on; resample the sound first."
        )
    k, q = math.tan(math.pi * _SHELF_HZ / rate), _SHELF_Q
    high, a0 = 10 ** (_SHELF_DB / 20), 1 + k / q + k * k
    middle = high**_SHELF_SLOPE
    shelf = [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
    shelf += [a0, 2 * (k * k - 1), 1 - k / q + k * k]
    k, q = math.tan(math.pi * _HIGH_PASS_HZ / rate), _HIGH_PASS_Q
    b0 = 1 + k / q + k * k
    high_pass = [b0, -2 * b0, b0, b0, 2 * (k * k - 1), 1 - k / q + k * k]
    return np.array([np.array(shelf) / a0, np.array(high_pass) / b0])


def weighted_power(wave: Tensor, rate: int, per_second: int) -> np.ndarray:
    """Mean square of the K-weighted `wave` [C, N], summed over channels by their WEIGHTS, in `per_second`
    steps a second; a step that the sound's end cuts is left out."""
    from scipy.signal import sosfilt

    filters, samples = k_filters(rate), wave.shape[1]
    weights = np.array(WEIGHTS.get(wave.shape[0], (1,) * wave.shape[0]))
    steps = samples * per_second // rate
    edges = np.arange(steps + 1) * rate // per_second  # 11025 Hz has no whole samples in 100 ms
    powers, state = [], np.zeros((2, wave.shape[0], 2))
    held, done = np.zeros(0), 0
    for begin in range(0, samples, _CHUNK):
        chunk = wave[:, begin : begin + _CHUNK].detach().cpu().double().numpy()
        let_go(wave)
        filtered, state = sosfilt(filters, chunk, axis=1, zi=state)
        held = np.concatenate([held, weights @ filtered**2])
        first = begin + chunk.shape[1] - len(held)  # the sample that `held` begins with
        ready = int(np.searchsorted(edges, first + len(held), side="right")) - 1
        if ready > done:
            local = edges[done : ready + 1] - first
            powers.append(np.add.reduceat(held[: local[-1]], local[:-1]) / np.diff(local))
            held, done = held[local[-1] :], ready
    return np.concatenate(powers) if powers else np.zeros(0)
