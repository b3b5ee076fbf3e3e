"""Classifier-free guidance as a closure: the solver sees one velocity field and never knows of the second
branch.

v = w * v(conditions) + (1 - w) * v(empty or negative conditions). The paper does not mention guidance; the
form and the default weight 4.5 are MMAudio's. A weight below 1 means the conditional branch alone, and so
does exactly 1, where the other branch would be multiplied by 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..mmdit import Conditions, MMDiT

Velocity = Callable[[Tensor, Tensor], Tensor]  # x [B, L, C], t [B] -> [B, L, C]


def guided(model: MMDiT, positive: Conditions, negative: Conditions, weight: float) -> Velocity:
    """The velocity field under guidance; both branches run as one batch of 2 B when their shapes agree."""
    if weight <= 1:
        return lambda x, t: model.velocity(x, t, positive)
    if all(p.shape == n.shape for p, n in zip(positive, negative, strict=True)):
        both = Conditions(*(torch.cat(pair) for pair in zip(positive, negative, strict=True)))

        def batched(x: Tensor, t: Tensor) -> Tensor:
            p, n = model.velocity(torch.cat((x, x)), torch.cat((t, t)), both).chunk(2)
            return weight * p + (1 - weight) * n

        return batched

    def apart(x: Tensor, t: Tensor) -> Tensor:
        return weight * model.velocity(x, t, positive) + (1 - weight) * model.velocity(x, t, negative)

    return apart
