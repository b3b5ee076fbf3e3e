"""The randomness of one training step: a function of (seed, step, purpose) alone.

Batches, noise and crops drawn from these generators need no saved position: a resumed run draws what the
uninterrupted one would have drawn. On the CPU, so that a seed means the same on any device.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


def generator_for(seed: int, step: int, purpose: str) -> torch.Generator:
    """For step 0, 1, 2, ... of the run with this seed; `purpose` ("batch", "noise") separates the streams."""
    return torch.Generator().manual_seed(zlib.crc32(f"{seed} {step} {purpose}".encode()))


def noise_for(seed: int, step: int, positions: Iterable[int], shape: Sequence[int]) -> Tensor:
    """Standard normal [positions, *shape]: each item's own, by its position in the global batch, whichever
    process has it."""
    return torch.stack(
        [torch.randn(tuple(shape), generator=generator_for(seed, step, f"noise {p}")) for p in positions]
    )
