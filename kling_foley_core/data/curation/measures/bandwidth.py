"""Effective bandwidth in Hz: the highest frequency at which the sound still has something.

Of each 100 Hz band the level of its loudest frames (the 95th percentile: one bright blow shows the bandwidth
of a dull clip) is compared with the loudest band; the bandwidth is the upper edge of the highest band that
is at most DEPTH dB below. Sound that was brought up from a lower rate, or went through a codec with little
room, ends abruptly there. Our choice; the paper names the measure only.
"""

from __future__ import annotations

import torch

from .spectrum import ShortTimePower

BAND = 100.0  # Hz
LOUD = 0.95  # quantile over frames
DEPTH = 70.0  # dB


def bandwidth(spectrum: ShortTimePower) -> float | None:
    """None for digital silence."""
    bins = max(1, round(BAND / spectrum.spacing))
    bands = torch.stack([part.sum(1) for part in spectrum.power.split(bins, dim=1)], dim=1)
    levels = torch.quantile(bands, LOUD, dim=0)
    if not float(levels.max()) > 0:
        return None
    highest = int((levels > levels.max() * 10 ** (-DEPTH / 10)).nonzero()[-1])
    top = (spectrum.power.shape[1] - 1) * spectrum.spacing
    return min((highest + 1) * bins * spectrum.spacing, top)
