"""Level in dB of full scale: the root mean square of all channels."""

from __future__ import annotations

import math

from torch import Tensor

LOWEST = -120.0


def level_db(wave: Tensor) -> float:
    """Of [C, N]; a full-scale sine has -3 dB."""
    return max(LOWEST, 10 * math.log10(max(float(wave.square().mean()), 1e-30)))
