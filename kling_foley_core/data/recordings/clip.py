"""One sound to learn from: mono float32 [N] at 44.1 kHz, with a name, a class and a split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from ..splits import HELD_OUT, TRAIN, split_of

__all__ = ["HELD_OUT", "KINDS", "RATE", "TRAIN", "Clip", "one_channel", "split_of"]

RATE = 44100
KINDS = ("world", "effects", "speech", "singing", "music")  # the last four as in the paper's codec table


@dataclass(frozen=True, eq=False)
class Clip:
    """`name` is unique and says where the sound comes from."""

    name: str
    kind: str  # one of KINDS
    split: str
    wave: np.ndarray


def one_channel(name: str, wave: np.ndarray) -> np.ndarray:
    """[C, N] -> [N]: half of the clips are mixed down, the others are one of their channels, by their name.

    The codec hears mixes when it is used; single channels show it what a mix hides (our choice).
    """
    draw = hashlib.sha256(f"channel {name}".encode()).digest()[0]
    if draw < 128 or len(wave) == 1:
        return wave.mean(0, dtype=np.float32)
    return wave[draw % len(wave)]
