"""One training sample: what is said of it, and arrays, each of which may be missing.

    latent         float16 [2, L, C]       mean and deviation of the codec's posterior, mono
    visual         float16 [Tv, Dv]        visual tokens, 8 a second
    sync           float16 [Ts, Ds]        sync tokens, or (`Header.every_frame`) a vector for every frame
    text           float16 [Tt, Dt]        text tokens without padding
    sound          int16   [channels, N]   at the header's sampling rate
    seen           int16   [2, N]          what sounds in the picture, where that is known
    visual_frames  uint8   [T8, 3, S, S]   at 8 a second, as the visual encoder asks for them
    sync_frames    uint8   [T25, 3, S, S]  at 25 a second, as the sync encoder asks for them

No array: the sample has no such modality (text and sound without a film have no `visual` and no `sync`).
Cached latents and features are the paper's way (section 5.1); which arrays and number types is our choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

ARRAYS: dict[str, tuple[str, int]] = {  # name -> number type, axes
    "latent": ("<f2", 3),
    "visual": ("<f2", 2),
    "sync": ("<f2", 2),
    "text": ("<f2", 2),
    "sound": ("<i2", 2),
    "seen": ("<i2", 2),
    "visual_frames": ("|u1", 4),
    "sync_frames": ("|u1", 4),
}
FULL_SCALE = 32767  # of int16


@dataclass(frozen=True, eq=False)
class Sample:
    """`labels`: (name, start, end) in seconds of the sample; `facts`: anything else worth keeping, as JSON;
    "class" is the class of the sound, which the codec's batches are drawn by."""

    id: str
    caption: str
    seconds: float
    seconds_start: float  # where it begins in its source (paper section 4.4)
    seconds_total: float  # of the source
    split: str
    labels: tuple[tuple[str, float, float], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
