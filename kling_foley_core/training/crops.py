"""Where pieces of a sample begin: at a frame of the film (25 a second) that falls on the beginning of a
latent frame, so that cutting does not blur what is learned about time.

Random crops with their place in the source: paper section 4.4.
"""

from __future__ import annotations

import torch

from ..codec.filterbank import MelConfig
from ..codec.presets import MEL_44K
from ..errors import InputError
from ..timing import MEL_PER_LATENT, SYNC_FPS, SYNC_STEP

SLACK = 0.08  # of a latent frame, where any frame will do
SEGMENT_SLACK = 0.25  # where crops begin with a segment of Synchformer: few of these fall better


def latents_per_frame(mel: MelConfig) -> float:
    """1.72 at 44.1 kHz."""
    return mel.sampling_rate / mel.hop / MEL_PER_LATENT / SYNC_FPS


LATENTS_PER_FRAME = latents_per_frame(MEL_44K)


def random_start(
    total: int,
    frames: int,
    draw: torch.Generator,
    per_frame: float = LATENTS_PER_FRAME,
    every_frame: bool = True,
) -> int:
    """A first frame of `frames` among `total`; frame 0 always fits. `per_frame`: latent frames in one.
    `every_frame` False: sync tokens come in segments, and crops begin where one does (every 8 frames)."""
    if total < frames:
        raise InputError(f"a sample has {total} frames, a crop {frames}: shorten the crop.")
    starts = torch.arange(0, total - frames + 1, 1 if every_frame else SYNC_STEP, dtype=torch.float64)
    off = (starts * per_frame - (starts * per_frame).round()).abs()
    good = (off <= (SLACK if every_frame else SEGMENT_SLACK)).nonzero()[:, 0]
    return int(starts[good[torch.randint(len(good), (), generator=draw)]])
