"""Rotary positions, aligned in time between modalities (paper section 4.3, "aligned RoPE").

Positions are frame indices. A sequence of N frames that covers the same seconds as L latent frames has its
frequencies scaled by L / N, so that equal times get equal phases: picture frame j turns like latent frame j *
L / N. Tables are [N, d/2] in float32 and are recomputed for every length; nothing is stored with the model.
"""

from __future__ import annotations

import torch
from torch import Tensor

BASE = 10000.0


def rotations(length: int, head_dim: int, scale: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """cos and sin, each [length, head_dim / 2] float32, of n * scale / 10000^(2i/d)."""
    even = torch.arange(0, head_dim, 2, dtype=torch.float32, device=device)
    frequency = scale * (1.0 / BASE ** (even / head_dim))
    angle = torch.outer(torch.arange(length, dtype=torch.float32, device=device), frequency)
    return angle.cos(), angle.sin()


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turns adjacent channel pairs (2i, 2i+1) of x [B, H, N, d]; computed in float32, given back in x's
    dtype."""
    cos, sin = rotation
    pairs = x.float().unflatten(-1, (-1, 2))
    a, b = pairs[..., 0], pairs[..., 1]
    return torch.stack((cos * a - sin * b, sin * a + cos * b), dim=-1).flatten(-2).to(x.dtype)
