"""A velocity field as a weighted sum of the network's fields under several conditions.

v(x, t) = sum_k share_k v(x, t; conditions_k). Guidance and texts with times are such sums, and so are both
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..mmdit import Conditions, MMDiT
from ..networks.attention import Attention

Velocity = Callable[[Tensor, Tensor], Tensor]  # x [B, L, C], t [B] -> [B, L, C]
TOGETHER = 2  # conditions in one batch: the memory of plain guidance, however many there are


class Part(NamedTuple):
    """Conditions, and what their field counts: everywhere the same, or [L, 1]."""

    conditions: Conditions
    share: float | Tensor

    def times(self, weight: float) -> Part:
        return self._replace(share=weight * self.share)


def composed(
    model: MMDiT, parts: Sequence[Part], *, together: int = TOGETHER, attention: Attention | None = None
) -> Velocity:
    """The field of the sum; neighbours whose conditions agree in shape run as one batch, `together` at most.
    `attention` replaces the model's own."""
    groups: list[list[Part]] = []
    for part in parts:
        if groups and len(groups[-1]) < together and _alike(groups[-1][0].conditions, part.conditions):
            groups[-1].append(part)
        else:
            groups.append([part])
    batches = [  # the parts' own conditions are let go: a field may be kept for long
        (Conditions(*map(torch.cat, zip(*(c for c, _ in group), strict=True))), [share for _, share in group])
        for group in groups
    ]

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        total = None
        for conditions, shares in batches:
            count = len(shares)
            fields = model.velocity(torch.cat([x] * count), torch.cat([t] * count), conditions, attention)
            for field, share in zip(fields.chunk(count), shares, strict=True):
                total = share * field if total is None else total + share * field
        return total

    return velocity


def _alike(a: Conditions, b: Conditions) -> bool:
    return all(p.shape == q.shape for p, q in zip(a, b, strict=True))
