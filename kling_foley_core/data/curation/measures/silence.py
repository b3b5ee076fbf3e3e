"""Silence ratio: the share of time in which nothing is heard, as a voice activity detector would say it.

Frames of 20 ms are silent below FLOOR dB of full scale, or DEPTH dB below the clip's loud frames (the 95th
percentile). Pauses shorter than HOLD are no silence, as a detector holds on. The paper (section 5.1) keeps
clips with less than 0.2 and does not name its detector; the numbers are our choice.
"""

from __future__ import annotations

import torch
from torch import Tensor

FRAME = 0.02  # seconds
FLOOR, DEPTH = -60.0, 50.0  # dB
LOUD = 0.95  # quantile over frames
HOLD = 0.5  # seconds


def silence_ratio(wave: Tensor, rate: int) -> float:
    """Of [C, N], N >= 1; all channels together."""
    return float(held(quiet_frames(wave, rate)).double().mean())


def quiet_frames(wave: Tensor, rate: int, above: float = 0.0) -> Tensor:
    """bool [frames] of [C, N], all channels together: those under the threshold, or at most `above` dB over
    it."""
    size = max(1, round(FRAME * rate))
    power = torch.stack([part.square().mean() for part in wave.split(size, dim=1)])
    loud = float(torch.quantile(power, LOUD))
    return power < max(10 ** (FLOOR / 10), loud * 10 ** (-DEPTH / 10)) * 10 ** (above / 10)


def held(quiet: Tensor) -> Tensor:
    """Those quiet frames that are silence: in runs of HOLD and more."""
    silent = torch.zeros_like(quiet)
    begin = None
    for at, frame in enumerate([*quiet.tolist(), False]):
        if frame and begin is None:
            begin = at
        if not frame and begin is not None:
            silent[begin:at] = (at - begin) * FRAME >= HOLD
            begin = None
    return silent
