"""What YAMNet sees of a sound: wave [N] at 16 kHz -> patches [W, 96, 64] of log mel, one every 0.48 s.

A sound is completed with silence to whole patches, and to one patch at least.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..audioset_mel import FRAMES, HOP, LEAST, log_mel

OFFSET = 0.001  # before the logarithm
STEP = 48  # frames from one patch to the next


def patches(wave: Tensor) -> Tensor:
    beyond = len(wave) - LEAST
    wave = F.pad(wave, (0, -beyond if beyond < 0 else -beyond % (STEP * HOP)))
    return log_mel(wave, OFFSET).unfold(0, FRAMES, STEP).transpose(1, 2)
