"""Resampling by a Hann-windowed sinc of six zero crossings each side, its band 0.99 of the narrower one.

The numbers are those of torchaudio.transforms.Resample with its defaults, which published evaluations use,
with its rounding: a new sample's place is kept in float32, its weights are made in float64 and kept in
float32. (With exact places some samples differ by 5e-5.) Only the samples that are wanted are made, so a
long sound or an odd pair of rates costs no more.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

CROSSINGS, BAND = 6, 0.99
PIECE = 2**14  # samples made at once


def sinc_resampled(wave: Tensor, rate: int, wanted: int, most: int | None = None) -> Tensor:
    """[N] -> [ceil(N * wanted / rate)] float32 on the CPU, or the first `most` of these."""
    wave = wave.detach().to("cpu", torch.float32)
    old, new = (r // math.gcd(rate, wanted) for r in (rate, wanted))
    count = -(-len(wave) * new // old)
    count = count if most is None else min(count, most)
    if old == new:
        return wave[:count]
    reach = math.ceil(CROSSINGS * old / (min(old, new) * BAND))
    table = _weights(old, new, reach, min(new, count))
    padded = F.pad(wave, (reach, reach + 1))
    taps = torch.arange(table.shape[1])
    pieces = []
    for begin in range(0, count, PIECE):
        made = torch.arange(begin, min(begin + PIECE, count))
        heard = padded[(made * old // new)[:, None] + taps]
        pieces.append((heard * table[made % new]).sum(1))
    return torch.cat(pieces) if pieces else wave[:0]


def _weights(old: int, new: int, reach: int, phases: int) -> Tensor:
    """[phases, 2 * reach + 2]: of the old samples from `reach` before the one at or before a new sample."""
    phase = torch.arange(phases)[:, None]
    old_places = (torch.arange(-reach, reach + 2) + phase * old // new).double() / old
    new_places = (phase.float() / new).double()
    band = min(old, new) * BAND
    t = ((old_places - new_places) * band).clamp(-CROSSINGS, CROSSINGS)
    window = torch.cos(t * (math.pi / CROSSINGS / 2)) ** 2
    return (torch.sinc(t) * window * (band / old)).float()
