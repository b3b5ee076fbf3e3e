"""Whether two channels are really stereo: side against mid, and left against right, in dB.

Mono written twice has no side at all; after a lossy codec it lies below -50 dB. One channel alone has as much
side as mid, but a balance without end. The rendered stage of the paper's demo clips has -8 to -13 dB (the
fact sheet's section 5). Our choice.
"""

from __future__ import annotations

import math

from torch import Tensor

LEAST_SIDE = -40.0  # dB of side against mid
MOST_BALANCE = 30.0  # dB between the channels
FARTHEST = 120.0  # dB: where there is nothing at all


def side_db(wave: Tensor) -> float | None:
    """10 log10 of the energy of (L - R) against (L + R), the first two channels; None for one channel."""
    if len(wave) < 2:
        return None
    return _ratio_db(wave[0] - wave[1], wave[0] + wave[1])


def balance_db(wave: Tensor) -> float | None:
    """10 log10 of the energy of the first channel against the second; None for one channel."""
    return None if len(wave) < 2 else _ratio_db(wave[0], wave[1])


def is_stereo(side: float | None, balance: float | None) -> bool:
    """Two channels that differ, and both sound."""
    return side is not None and side >= LEAST_SIDE and abs(balance) <= MOST_BALANCE


def _ratio_db(over: Tensor, under: Tensor) -> float:
    a, b = (float(x.double().square().mean()) for x in (over, under))
    if a == b:
        return 0.0
    return min(FARTHEST, max(-FARTHEST, 10 * math.log10(max(a, 1e-30) / max(b, 1e-30))))
