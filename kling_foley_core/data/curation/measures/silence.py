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
    size = max(1, round(FRAME * rate))
    power = torch.stack([part.square().mean() for part in wave.split(size, dim=1)])
    loud = float(torch.quantile(power, LOUD))
    silent = power < max(10 ** (FLOOR / 10), loud * 10 ** (-DEPTH / 10))
    return sum(run for run in _runs(silent.tolist()) if run * FRAME >= HOLD) / len(power)


def _runs(silent: list[bool]) -> list[int]:
    """Lengths of the runs of silent frames."""
    runs, run = [], 0
    for frame in [*silent, False]:
        if not frame and run:
            runs.append(run)
        run = run + 1 if frame else 0
    return runs
