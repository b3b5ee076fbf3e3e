"""A stretch of the length a network takes, out of a sound of any length: [N] -> [length].

Both CLAPs' own code draws the stretch of a longer sound at random; here it is the middle one, so that figures
can be had again: the mean of what would be drawn. Our choice.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def middle(wave: Tensor, length: int) -> Tensor:
    """The whole wave where it is no longer."""
    start = max(len(wave) - length, 0) // 2
    return wave[start : start + length]


def repeated_then_silent(wave: Tensor, length: int) -> Tensor:
    """As often as it fits whole, then zeros."""
    whole = wave.repeat(length // len(wave))
    return F.pad(whole, (0, length - len(whole)))


def repeated(wave: Tensor, length: int) -> Tensor:
    """Again and again, the last time cut."""
    return wave.repeat(-(-length // len(wave)))[:length]
