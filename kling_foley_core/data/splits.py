"""Which clips are learned from and which are held out."""

from __future__ import annotations

import hashlib

TRAIN, HELD_OUT = "train", "held_out"
HELD_OUT_SHARE = 0.1


def split_share(name: str) -> float:
    """A number in 0..1 from a hash of the name: what is below the held-out share is held out."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


def split_of(name: str) -> str:
    """By a hash of the name: a file keeps its side whatever else is there."""
    return HELD_OUT if split_share(name) < HELD_OUT_SHARE else TRAIN
