"""The sounds of samples, and their classes."""

from __future__ import annotations

import hashlib

import numpy as np

from .reader import Entry, Shards
from .sample import FULL_SCALE, Sample

OTHER = "other"  # the class of samples that name none


def sound_of(sample: Sample, name: str = "sound") -> np.ndarray:
    """[C, N] float32 in -1..1. `name`: "sound" or "seen"."""
    return sample.arrays[name].astype(np.float32) / FULL_SCALE


def mono_sound(shards: Shards, index: int) -> np.ndarray:
    """[N] float32."""
    sample = shards.read(index, ("sound",))
    return one_channel(sample.id, sample.arrays["sound"]) / FULL_SCALE


def one_channel(name: str, wave: np.ndarray) -> np.ndarray:
    """[C, N] -> [N] float32: half of the clips are mixed down, the others are one of their channels, by their
    name.

    A codec codes mixes when it is used; single channels show it what a mix hides (our choice).
    """
    draw = hashlib.sha256(f"channel {name}".encode()).digest()[0]
    if draw < 128 and len(wave) > 1:
        return wave.mean(0, dtype=np.float32)
    return wave[draw % len(wave)].astype(np.float32)


def sound_class(entry: Entry) -> str:
    return entry.kind or OTHER


def of_classes(shards: Shards) -> dict[str, list[int]]:
    """Class -> samples that have a sound."""
    found: dict[str, list[int]] = {}
    for index in shards.having(("sound",)):
        found.setdefault(sound_class(shards.entries[index]), []).append(index)
    return found
