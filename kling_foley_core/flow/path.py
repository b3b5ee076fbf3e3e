"""The straight probability path from noise to data, and the loss that trains a velocity field on it.

x_t = (1 - t) x0 + t x1 with x0 noise and x1 data (paper equation 1); the velocity to learn is x1 - x0. Time
runs from 0 (noise) to 1 (data) everywhere in this library.
"""

from __future__ import annotations

from torch import Tensor


def interpolate(x0: Tensor, x1: Tensor, t: Tensor) -> Tensor:
    """x0, x1 [B, L, C], t [B] -> x_t [B, L, C]."""
    t = t[:, None, None]
    return (1 - t) * x0 + t * x1


def flow_matching_loss(velocity: Tensor, x0: Tensor, x1: Tensor) -> Tensor:
    """Mean squared error to x1 - x0 over frames and channels, one value per item: [B]."""
    return (velocity - (x1 - x0)).square().mean(dim=(1, 2))
