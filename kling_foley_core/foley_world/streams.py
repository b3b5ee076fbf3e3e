"""Random streams of the world: (split, seed, purpose) -> numpy Generator.

The split is part of the entropy itself, so no training seed can ever give an evaluation scene; the purpose
("scene", "sound 3", "stage") keeps what is heard independent of how much randomness the picture used. Our
choice.
"""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np

from ..errors import InputError

Split = Literal["train", "eval"]
SALT = zlib.crc32(b"foley world")
SPLITS = {"train": 1, "eval": 2}


def stream(split: str, seed: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose in one scene; the same three always give the same numbers."""
    if split not in SPLITS:
        raise InputError(f'split is "{split}": a world has the splits {", ".join(SPLITS)}.')
    if seed < 0:
        raise InputError(f"seed is {seed}: a world is numbered from 0.")
    return np.random.default_rng(
        np.random.SeedSequence([SALT, SPLITS[split], seed, zlib.crc32(purpose.encode())])
    )
