"""How far the stereo picture of a decoded sound is from the original's: both [2, N] at one rate.

side/mid   difference of 10 log10 of the energy of (left - right) / 2 over that of (left + right) / 2, in dB;
           each within 60 dB, so that mono has a number. Above 0: the decoded one is wider
pan        mean distance of its place, -1 left to 1 right (pan.py), over windows of 0.1 s, each weighing by
           the original's energy: 0 is exact, 2 the other side. Our choice
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from ...foley_world.truth import TRUTH_RATE
from .envelope import channel_power
from .pan import FRAME, pan_position

RANGE_DB = 60.0
FAINTEST = 1e-12


def side_mid_error(decoded: Tensor, original: Tensor) -> float:
    return side_mid_db(decoded) - side_mid_db(original)


def side_mid_db(stereo: Tensor) -> float:
    left, right = stereo.double()
    mid, side = (float(((left + sign * right) / 2).square().mean()) + FAINTEST for sign in (1, -1))
    return max(-RANGE_DB, min(RANGE_DB, 10 * math.log10(side / mid)))


def pan_error(decoded: Tensor, original: Tensor, rate: int) -> float:
    frames = max(1, int(original.shape[-1] / rate * TRUTH_RATE))
    powers = [channel_power(wave, rate, frames, FRAME) for wave in (decoded, original)]
    places = [pan_position(*power) for power in powers]
    return float(np.average(np.abs(places[0] - places[1]), weights=powers[1].sum(0) + FAINTEST))
