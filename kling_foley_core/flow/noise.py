"""Starting noise that means the same on every device and in every batch."""

from __future__ import annotations

import torch
from torch import Tensor


def noise(seed: int, batch: int, latent_dim: int, length: int) -> Tensor:
    """[B, L, C] float32 standard normal on the CPU; item i comes from its own generator, seeded seed + i.

    Drawn channels first, as ComfyUI draws for a [1, C, L] latent: so the library and the graph start from the
    same noise.
    """
    items = []
    for i in range(batch):
        generator = torch.Generator().manual_seed((seed + i) % (1 << 64))
        items.append(torch.randn(1, latent_dim, length, generator=generator))
    return torch.cat(items).transpose(1, 2)
