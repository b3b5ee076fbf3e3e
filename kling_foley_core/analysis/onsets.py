"""When something is struck: sound [C, N] -> seconds of its onsets, by the spectral flux of 24 bands.

The rise of a band is its level in decibels over the loudest of the 20 to 10 ms before, less half again the
mean rise around it, so that a band that always fluctuates (rain, wind) needs more. The flux is the mean of
the 10 bands that rise most, less what is usual around it; an onset is a maximum of the flux over THRESHOLD.
Our choice; the numbers were tuned on 100 training scenes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .bands import HOPS_PER_SECOND, band_power, decibels

FLOOR = 0.03  # of a band's power: that of a sine 63 dB under full scale
LAG = 4  # frames: 20 ms
RISING = 10  # bands
USUAL_RISE = 1.5
THRESHOLD = 8.0  # dB
AROUND = 100  # frames to either side: half a second
APART = 8  # frames: of two onsets within 40 ms the stronger is kept
EARLY = 0.0014  # seconds by which the maximum precedes the true onset (median)
PIECE, MARGIN = 10, 1  # seconds of a long sound taken at once; what is looked at beyond, AROUND and more


def onsets(sound: Tensor, rate: int) -> list[float]:
    """Ascending seconds."""
    return peak_times(flux(decibels(band_power(sound, rate), FLOOR)))


def long_onsets(sound: Tensor, rate: int) -> list[float]:
    """Ascending seconds, as `onsets` says them of the whole; taken in pieces, since it needs the hundredfold
    memory of the sound."""
    found = []
    for start in range(0, -(-sound.shape[1] // rate), PIECE):
        first = max(0, start - MARGIN)
        piece = sound[:, first * rate : (start + PIECE + MARGIN) * rate]
        found += [t + first for t in onsets(piece, rate) if start <= t + first < start + PIECE]
    return found


def flux(level: Tensor) -> Tensor:
    """Band levels [bands, T] in dB -> flux [T]."""
    before = F.pad(level[None], (LAG, 0), mode="replicate")[0].unfold(-1, LAG - 1, 1)
    rise = (level - before[:, : level.shape[1]].amax(-1)).clamp(min=0)
    rise = (rise - USUAL_RISE * _mean_around(rise)).clamp(min=0)
    return rise.topk(min(RISING, len(rise)), dim=0).values.mean(0)


def peak_times(flux: Tensor) -> list[float]:
    """Where the flux is over the threshold and nothing near is higher."""
    highest = F.max_pool1d(flux[None], 2 * APART + 1, 1, APART)[0]
    frames = ((flux >= THRESHOLD) & (flux == highest)).nonzero()[:, 0]
    return [max(0.0, frame / HOPS_PER_SECOND + EARLY) for frame in frames.tolist()]


def _mean_around(rows: Tensor) -> Tensor:
    """The mean over AROUND frames to either side, fewer at the ends; by running sums."""
    total = F.pad(rows.double().cumsum(-1), (1, 0))
    index = torch.arange(rows.shape[1])
    low, high = (index - AROUND).clamp(min=0), (index + AROUND + 1).clamp(max=rows.shape[1])
    return ((total[:, high] - total[:, low]) / (high - low)).to(rows)
