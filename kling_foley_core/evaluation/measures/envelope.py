"""Loudness over time: sound [C, N] -> RMS [C, T] around the truth's instants, 100 a second."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...foley_world.truth import TRUTH_RATE


def channel_power(sound: Tensor, rate: int, frames: int, seconds: float) -> np.ndarray:
    """Mean square [C, frames] of the `seconds` around each instant; beyond the sound is silence."""
    power = sound.double().square().cumsum(-1).numpy()
    total = np.concatenate([np.zeros((len(power), 1)), power], axis=1)
    middle = np.arange(frames) / TRUTH_RATE * rate
    low, high = (
        np.clip(np.round(middle + side * seconds / 2 * rate), 0, sound.shape[1]).astype(int)
        for side in (-1, 1)
    )
    return (total[:, high] - total[:, low]) / max(1, round(seconds * rate))


def envelope(sound: Tensor, rate: int, frames: int, seconds: float = 0.1) -> np.ndarray:
    """RMS [frames] of all channels together."""
    return np.sqrt(channel_power(sound, rate, frames, seconds).sum(0))
