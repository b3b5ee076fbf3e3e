"""How loud a finished sound is, in the figures that delivery specifications ask for."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .loudness import integrated_loudness, loudness_range
from .true_peak import true_peak


@dataclass(frozen=True)
class Levels:
    """Integrated loudness in LUFS, loudness range in LU, true peak in dBTP."""

    loudness: float
    range: float
    peak: float

    def __str__(self) -> str:
        return f"{self.loudness:.1f} LUFS, range {self.range:.1f} LU, true peak {self.peak:.1f} dBTP"


def levels_of(wave: Tensor, rate: int) -> Levels:
    """Of [C, N]."""
    return Levels(integrated_loudness(wave, rate), loudness_range(wave, rate), true_peak(wave))
