"""Where a sound is over time: position -1 (left) to 1 (right) and how wide it is, 0 (a point) to 1 (all of
the picture).

100 values a second: a step from one place to another then takes 10 ms, which is soon enough for an impact
and slow enough not to click. Value k is that of the instant k / 100; between two, linear. Our choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import InputError

PATH_RATE = 100  # values a second


@dataclass(frozen=True)
class Path:
    """position, spread: float32 [n] each; behind the end both are held."""

    position: Tensor
    spread: Tensor

    def __post_init__(self) -> None:
        if self.position.ndim != 1 or len(self.position) < 1 or self.spread.shape != self.position.shape:
            raise InputError(
                f"path: positions {tuple(self.position.shape)} and spreads {tuple(self.spread.shape)}; give "
                "one of each for every instant."
            )

    def between(self, first: int, last: int, rate: int) -> tuple[Tensor, Tensor]:
        """Position and spread [last - first] at the samples first to last - 1."""
        at = torch.arange(first, last, dtype=torch.float64) * (PATH_RATE / rate)
        at = at.clamp(max=len(self.position) - 1)
        low = at.floor().long()
        high, part = (low + 1).clamp(max=len(self.position) - 1), (at - low).float()
        return tuple(torch.lerp(values[low], values[high], part) for values in (self.position, self.spread))


def instants(seconds: float) -> int:
    """Values of a path over `seconds`."""
    return max(1, math.ceil(seconds * PATH_RATE)) + 1
