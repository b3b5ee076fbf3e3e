"""Attention as an argument: every network takes a function `(q, k, v) -> out` on [B, H, N, d].

The default is torch's scaled dot-product attention, softmax(q k^T / sqrt(d)) v, without mask or dropout. A
host hands in its own (memory-efficient, quantised, user-overridden) and the networks know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]


def sdpa(q: Tensor, k: Tensor, v: Tensor, kept: Tensor | None = None) -> Tensor:
    """q [B, H, N, d], k and v [B, H, M, d] -> [B, H, N, d]. `kept` [1, M, 1]: the keys that are not
    padding."""
    mask = None if kept is None else kept[:, None].transpose(2, 3)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
