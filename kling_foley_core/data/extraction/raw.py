"""Raw samples: sound and frames as the networks of a system ask for them, before any network has run.

sound          int16 [C, N]           at the codec's rate, 1 or 2 channels
seen           int16 [2, N]           Foley World alone: what sounds in the picture, dry
visual_frames  uint8 [T8, 3, S, S]    sync_frames  uint8 [T25, 3, S, S]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...codec.presets import MEL_44K
from ...encoders.presets import SYNC_SMALL, VISUAL_SMALL
from ...media.views import FrameView
from ...timing import SYNC_FPS, SYNC_SEGMENT, VISUAL_FPS
from ..shards.sample import FULL_SCALE

if TYPE_CHECKING:
    from .networks import FrozenNetworks

FRAMES = {"visual": "visual_frames", "sync": "sync_frames"}  # name of a view -> array
RAW = ("sound", "seen", *FRAMES.values())


@dataclass(frozen=True)
class RawFormat:
    """What the networks ask for."""

    visual: FrameView
    sync: FrameView
    sampling_rate: int
    hop: int  # of the codec's mel


def raw_format_of(networks: FrozenNetworks | None) -> RawFormat:
    """Of a system's networks; without one that of `small`, whose encoders and codec are trained on it."""
    if networks is not None:
        mel = networks.mel.config
        return RawFormat(networks.visual.view, networks.sync.view, mel.sampling_rate, mel.hop)
    return RawFormat(
        FrameView(VISUAL_FPS, VISUAL_SMALL.image_size, "stretch"),
        FrameView(SYNC_FPS, SYNC_SMALL.image_size, "crop", min_frames=SYNC_SEGMENT),
        MEL_44K.sampling_rate,
        MEL_44K.hop,
    )


def sixteen_bits(wave: Tensor) -> np.ndarray:
    """float [C, N] in -1..1 -> int16 [C, N]; what is beyond is clipped."""
    return (wave.clamp(-1, 1) * FULL_SCALE).round().to(torch.int16).numpy()


def floating(sound: np.ndarray) -> Tensor:
    """int16 [C, N] -> float32 [C, N]."""
    return torch.from_numpy(sound).float() / FULL_SCALE
