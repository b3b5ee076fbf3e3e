"""Integrated loudness of a sound in LUFS (ITU-R BS.1770-4, mix/loudness.py), and how far it is from the
reference's.

Silence counts as SILENT, the meter's absolute gate. None for sounds shorter than one block of 0.4 s. Against
a stereo sound a mono one is measured as it is heard, on both sides: 3 LU more. Rates below what the meter
takes are raised to it.
"""

from __future__ import annotations

from torch import Tensor

from ...media import resample
from ...mix.k_weighting import LEAST_RATE
from ...mix.loudness import BLOCK_SECONDS, integrated_loudness

SILENT = -70.0  # LUFS


def loudness(wave: Tensor, rate: int) -> float | None:
    """LUFS of [C, N]."""
    if wave.shape[1] < BLOCK_SECONDS * rate:
        return None
    raised = max(rate, LEAST_RATE)
    return max(SILENT, integrated_loudness(resample(wave, rate, raised), raised))


def loudness_difference(sound: Tensor, rate: int, reference: Tensor, reference_rate: int) -> float | None:
    """LU from the reference of [1 or 2, N], whichever is louder."""
    channels = max(len(sound), len(reference))
    levels = [
        loudness(wave.expand(channels, -1), rate)
        for wave, rate in ((sound, rate), (reference, reference_rate))
    ]
    return None if None in levels else abs(levels[0] - levels[1])
