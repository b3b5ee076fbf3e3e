"""Clicks of a sound: jumps from one sample to the next and single stray samples, as splices, lost buffers and
broken decoders leave them.

A jump by J shows in the second difference as +J beside -J, a stray sample as J, -2J, J; a kink (a clipped
top, a tone that sets in) shows there alone. So the jump at a sample is the lesser of two neighbours of unlike
sign. It is a click if it is LEAST or more and RATIO times as large as any within AROUND, OWN samples apart,
and if the wave is not GROWTH times as wide behind it as before, the jump included: then something sets in,
and that is a hit. Clicks that noise, or another one within AROUND, covers are not found, and of a gap its
beginning alone. Our choice; the numbers give none for the real recordings at hand. The showers of shards and
steps of Foley World have some: its small impacts begin with a jump.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

AROUND = 0.005  # seconds to either side
OWN = 8  # samples to either side that a click may ring over, once it was resampled
RATIO = 6.0
GROWTH = 1.5
LEAST = 0.005  # of full scale
CHUNK = 2**20  # samples at once: bounds memory


def clicks(wave: Tensor, rate: int) -> list[float]:
    """Ascending seconds, of [C, N]; at the same time in several channels it is one."""
    reach, found = max(2 * OWN, round(AROUND * rate)), []
    for start in range(0, wave.shape[1], CHUNK):
        first = max(0, start - reach - 2)
        piece = wave[:, first : start + CHUNK + reach + 3].float()
        jumps = _jumps(piece)
        places = [k for k in _standing_out(jumps, reach) if start <= first + k < start + CHUNK]
        found += [first + k for k in places if not _sets_in(piece, k, float(jumps[k]), reach)]
    return [(k + 1.5) / rate for k in found]


def _jumps(wave: Tensor) -> Tensor:
    """[N - 3]: k is the jump from sample k + 1 to k + 2, of the channel that jumps most."""
    bend = torch.diff(wave, n=2)
    before, after = bend[:, :-1], bend[:, 1:]
    least = torch.minimum(before.abs(), after.abs())
    return torch.where(before * after < 0, least, torch.zeros_like(least)).amax(0)


def _standing_out(jumps: Tensor, reach: int) -> list[int]:
    """Which of them are far above all around; those far above the mean around are looked at one by one."""
    usual = (_sums(jumps, reach) - _sums(jumps, OWN)) / (2 * (reach - OWN))
    found: list[int] = []
    for k in ((jumps >= LEAST) & (jumps >= RATIO * usual)).nonzero()[:, 0].tolist():
        own = jumps[max(0, k - OWN) : k + OWN + 1]
        before, after = jumps[max(0, k - reach) : max(0, k - OWN)], jumps[k + OWN + 1 : k + reach + 1]
        around = max(float(side.max()) if len(side) else 0.0 for side in (before, after))
        again = bool(found) and k - found[-1] <= OWN
        if jumps[k] == own.max() and jumps[k] >= RATIO * around and not again:
            found.append(k)
    return found


def _sets_in(wave: Tensor, k: int, jump: float, reach: int) -> bool:
    """Whether the wave is far wider from sample k + 3 on than up to k + 1."""
    return _width(wave[:, k + 3 : k + 3 + reach]) > GROWTH * (
        _width(wave[:, max(0, k + 1 - reach) : k + 1]) + jump
    )


def _width(wave: Tensor) -> float:
    """Between the lowest and the highest sample, of the channel that has most."""
    return float((wave.amax(1) - wave.amin(1)).max()) if wave.shape[1] else 0.0


def _sums(values: Tensor, reach: int) -> Tensor:
    """[N]: over `reach` to either side; what lies beyond the ends is 0."""
    total = F.pad(values.double().cumsum(0), (reach + 1, 0))
    total = torch.cat([total, total[-1:].expand(reach)])
    return total[2 * reach + 1 :] - total[: len(values)]
