"""Inpainting along the flow: the known part of a latent is held on its path, and the rest is made around it.

    known part:  v = x1 - x0, so that x_t = (1 - t) x0 + t x1 at every step
    the rest:    v = velocity(x_t, t)

x0 is the starting noise, x1 the known latent, both [B, L, C]. The network sees the known part as noisy as all
else at that time, so what it makes fits to it. ComfyUI's masked sampling follows the same field; the paper
has none. Euler's steps along a straight path end at x1, but for rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .composition import Velocity


def holding(velocity: Velocity, x0: Tensor, x1: Tensor, anew: Tensor) -> Velocity:
    """`anew` [L] bool: the latent frames that `velocity` makes; the others go from x0 to x1. The start must
    lie on that path: `interpolate(x0, x1, times[0])`."""
    straight, anew = x1 - x0, anew[None, :, None]
    return lambda x, t: torch.where(anew, velocity(x, t), straight)
