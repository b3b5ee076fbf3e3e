"""Whether the ambience fades where the clip's length says: the moment the background has fallen by half.

The background is what never stops: in every band the 15 % quantile of the powers of half a second, added
over the bands, so that hits leave no trace. It falls by half (6 dB) at 7/8 of the clip where the ambience
fades over the last quarter, and at 3/8 where it winds down over the whole (20 dB). Clips with flows, bells
or hits in a hall are left out, for they are background themselves, and birds, for they pause. Our choice.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...analysis.bands import HOPS_PER_SECOND, band_power
from ...foley_world import Truth

BLOCK, STEP = 0.5, 0.1  # seconds
STILL = 0.15  # quantile of a block's powers
HALF = 10 ** (-6 / 10)  # of power
NEAR = 0.08  # of the clip's length
EARLY = 0.15  # of the clip: the level it is measured against
RINGING = {"bell"}
PAUSING = {"birds"}


def fade_in_place(sound: Tensor, rate: int, truth: Truth) -> bool | None:
    """Whether the background falls by half where the truth says; None if the clip has no fade to measure."""
    hall = truth.room == "hall" and truth.events
    pausing = truth.ambience is not None and truth.ambience.kind in PAUSING
    if truth.fade is None or truth.flows or pausing or hall or RINGING & set(truth.families):
        return None
    true = true_half(truth)
    measured = half_time(background(sound, rate))
    return measured is not None and abs(measured - true) < NEAR * truth.seconds


def true_half(truth: Truth) -> float:
    """Seconds at which the ambience has lost 6 dB against its first moments."""
    level = np.square(np.array(truth.ambience.envelope))
    early = np.median(level[: int(EARLY * len(level))])
    return float(np.flatnonzero(level < HALF * early)[0]) / len(level) * truth.seconds


def background(sound: Tensor, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and powers of what never stops."""
    power = band_power(sound, rate).numpy()
    block, step = int(BLOCK * HOPS_PER_SECOND), int(STEP * HOPS_PER_SECOND)
    starts = np.arange(0, power.shape[1] - block + 1, step)
    still = [np.quantile(power[:, s : s + block], STILL, axis=1).sum() for s in starts]
    return (starts + block / 2) / HOPS_PER_SECOND, np.array(still)


def half_time(curve: tuple[np.ndarray, np.ndarray]) -> float | None:
    """Since when the curve has stayed under half of its early level."""
    times, power = curve
    early = np.median(power[times < max(EARLY * times[-1], times[2])])
    over = np.flatnonzero(power >= HALF * early)
    return float(times[over[-1]]) + STEP / 2 if len(over) and over[-1] + 1 < len(times) else None
