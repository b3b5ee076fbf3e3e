"""What a pipeline makes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Sound:
    """waveform [B, C, N] float32, -1..1; C is 1 for mono, 2 else. `model`: the preset that made it; None for
    networks of other sizes."""

    waveform: Tensor
    sampling_rate: int
    model: str | None = None
