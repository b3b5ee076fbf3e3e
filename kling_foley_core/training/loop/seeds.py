"""The randomness of one training step: a function of (seed, step, purpose) alone.

Batches, noise and crops drawn from these generators need no saved position: a resumed run draws what the
uninterrupted one would have drawn. On the CPU, so that a seed means the same on any device.
"""

from __future__ import annotations

import zlib

import torch


def generator_for(seed: int, step: int, purpose: str) -> torch.Generator:
    """For step 0, 1, 2, ... of the run with this seed; `purpose` ("batch", "noise") separates the streams."""
    return torch.Generator().manual_seed(zlib.crc32(f"{seed} {step} {purpose}".encode()))
