"""Attention as an argument: every network takes a function `(q, k, v) -> out` on [B, H, N, d].

The default is torch's scaled dot-product attention, softmax(q k^T / sqrt(d)) v, without mask or dropout. A
host hands in its own (memory-efficient, quantised, user-overridden) and the networks know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .products import quick

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]

SCORES = 2**22  # at a time: as many as the largest encoder has tokens for 8 heads; they stay in the cache


def sdpa(q: Tensor, k: Tensor, v: Tensor, kept: Tensor | None = None) -> Tensor:
    """q [B, H, N, d], k and v [B, H, M, d] -> [B, H, N, d]. `kept` [1, M, 1]: the keys that are not
    padding."""
    if kept is None and q.dtype == torch.bfloat16 and quick(q, k, v):
        return in_products(q, k, v)
    mask = None if kept is None else kept[:, None].transpose(2, 3)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def in_products(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The formula as it is written, some heads at a time: for bfloat16 on a processor this takes half the
    time of torch's own, which multiplies it no faster than float32 (docs/speed.md)."""
    (batch, heads, n, width), m = q.shape, k.shape[2]
    q, v = q.reshape(-1, n, width), v.reshape(-1, m, width)
    k = k.reshape(-1, m, width).transpose(1, 2)
    some = min(max(SCORES // (n * m), 1), batch * heads)
    out, room = torch.empty_like(q), q.new_empty(some, n, m)
    for start in range(0, batch * heads, some):
        part = slice(start, start + some)
        scores = room[: len(q[part])]
        torch.baddbmm(scores, q[part], k[part], beta=0, alpha=width**-0.5, out=scores)
        torch.softmax(scores, -1, out=scores)
        torch.bmm(scores, v[part], out=out[part])
    return out.view(batch, heads, n, width)
