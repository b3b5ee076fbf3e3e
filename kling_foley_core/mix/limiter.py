"""A look-ahead limiter: one gain over time for several stems, so that neither their sum nor any of them has a
true peak above the ceiling.

The gain that each sample needs is held for the release time constant (exponentially), widened by the
look-ahead and averaged twice over half of it: it never lies above what is needed, and has no step. Where
nothing is too loud it is exactly 1. Our choice of method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..files.on_disk import let_go, room_for
from .true_peak import peaks

CEILING_DBTP = -1.0  # EBU R128's maximum: lossy encoders add up to 1 dB

_LOOK_AHEAD, _RELEASE = 0.005, 0.1  # seconds
_MARGIN = 0.05  # dB: the gain changes between the samples of an interpolated peak
_NOTHING = 1e-5  # a smaller reduction (0.0001 dB) is none
_CHUNK = 2**18  # samples at once: bounds memory, changes nothing


def limited(stems: Sequence[Tensor], rate: int) -> list[Tensor]:
    """The stems, each float32 [C, N], under one gain."""
    out = [room_for(*stem.shape) for stem in stems]
    for begin, gain in _gains(stems, rate):
        part = slice(begin, begin + len(gain))
        for stem, made in zip(stems, out, strict=True):
            made[:, part] = stem[:, part] * gain
        let_go(*stems, *out)
    return out


def _gains(stems: Sequence[Tensor], rate: int) -> Iterator[tuple[int, Tensor]]:
    """(first sample, float32 gains) chunk by chunk."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    samples, half = stems[0].shape[1], max(1, round(_LOOK_AHEAD * rate / 2))
    reach = 4 * half  # that a gain depends on to either side
    held, state, known = np.zeros(reach), 0.0, 0  # of the samples from begin - reach up to known
    for begin in range(0, samples, _CHUNK):
        end = min(begin + _CHUNK, samples)
        upto = min(end + reach, samples)
        if upto > known:
            new = _released(_reduction(stems, known, upto), rate, state)
            held, state, known = np.concatenate([held, new]), new[-1], upto
        around = np.pad(held, (0, end + reach - upto))
        wide = maximum_filter1d(around, 4 * half + 1, mode="constant")
        smooth = uniform_filter1d(uniform_filter1d(wide, 2 * half + 1), 2 * half + 1)
        reduction = np.where(smooth < _NOTHING, 0, smooth)[reach:-reach]
        yield begin, torch.from_numpy(1 - reduction).float()
        held = held[end - begin :]


def _reduction(stems: Sequence[Tensor], begin: int, end: int) -> np.ndarray:
    """1 - gain that brings each sample's true peak to the ceiling, of the sum and of each stem."""
    ceiling = 10 ** ((CEILING_DBTP - _MARGIN) / 20)
    first, last = max(begin - 64, 0), end + 64  # what the interpolation looks at
    parts = [stem[:, first:last] for stem in stems]
    peak = peaks(torch.cat([sum(parts), *parts]), begin - first, end - first).double().numpy()
    return 1 - ceiling / np.maximum(peak, ceiling)


def _released(reduction: np.ndarray, rate: int, before: float) -> np.ndarray:
    """r[n] = max(reduction[n], r[n - 1] * a), r[-1] = `before`; in the logarithm a running maximum."""
    decay = np.arange(len(reduction) + 1) / (_RELEASE * rate)
    with np.errstate(divide="ignore"):
        level = np.log(np.concatenate([[before], reduction]))
    return np.exp(np.maximum.accumulate(level + decay) - decay)[1:]
