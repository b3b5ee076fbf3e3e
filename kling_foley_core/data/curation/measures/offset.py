"""DC offset: how far the mean lies from zero, as a share of full scale; of the worst channel."""

from __future__ import annotations

from torch import Tensor


def dc_offset(wave: Tensor) -> float:
    """Of [C, N]."""
    return float(wave.mean(1).abs().max())
