"""Clipping ratio: the share of samples that the recorder could not follow.

A sample counts if it is at full scale or beyond (a lossy codec decodes clipped tops to more than 1), or if
it is one of RUN or more in a row that lie within a 16-bit step of its channel's own extreme: a flat top, also
of a sound that was made quieter after it had been clipped. Of a pure sine at any level 0.6% lie so close to
its extremes, so thresholds begin above that. Clipped, made quieter and then encoded lossily is not found.
Our choice; the paper names the measure only.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STEP = 2.0**-15
RUN = 3  # samples
QUIET = 0.01  # of full scale: below it, a few steps are all there is


def clipping_ratio(wave: Tensor) -> float:
    """Of [C, N], mean over the channels; the rate does not matter."""
    beyond = wave.abs() >= 1 - 1.5 * STEP
    flat = torch.zeros_like(beyond)
    for side in (wave, -wave):
        top = side.amax(1, keepdim=True)
        flat |= _in_runs((side >= top - 1.5 * STEP) & (top > QUIET))
    return float((beyond | flat).float().mean())


def _in_runs(marked: Tensor) -> Tensor:
    """Those of bool [C, N] that are among RUN or more in a row."""
    whole = -F.max_pool1d(-F.pad(marked.float(), (RUN - 1, RUN - 1)), RUN, 1)  # erosion
    return F.max_pool1d(whole, RUN, 1) > 0.5
