"""Layers of the sync encoder: divided space-time attention and the spatial aggregation (specification 5.3).

Tokens of a segment are [N, 1 + T * P, D]: a class token, then T times of P places each, time-major.
"""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange, repeat
from torch import Tensor, nn

from ...networks.attention import Attention
from ...networks.layers import linear_gelu

EPS = 1e-6


class DividedAttention(nn.Module):
    """Attention within groups of tokens; the class token sees all, and every group sees the class token.

    `groups` spells which axis is the group: "time" groups the same place over all times, "space" the places
    of one time. Scores are scaled by head_width^-0.5, as `attention` does by itself.
    """

    TOKENS = "n h (t p) d"
    GROUPED = {"time": "(n p) h t d", "space": "(n t) h p d"}

    def __init__(
        self, dim: int, heads: int, groups: str, *, operations: Any, attention: Attention, **place: Any
    ) -> None:
        super().__init__()
        self.heads = heads
        self.grouped = self.GROUPED[groups]
        self.attention = attention
        self.qkv = operations.Linear(dim, 3 * dim, **place)
        self.proj = operations.Linear(dim, dim, **place)

    def forward(self, x: Tensor, times: int) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "n m (w h d) -> w n h m d", w=3, h=self.heads)
        whole = self.attention(q[:, :, :1], k, v)
        to_groups, to_tokens = f"{self.TOKENS} -> {self.grouped}", f"{self.grouped} -> {self.TOKENS}"
        q_group, k_group, v_group = (rearrange(y[:, :, 1:], to_groups, t=times) for y in (q, k, v))
        groups = len(q_group) // len(q)
        k_group, v_group = (
            torch.cat([repeat(y[:, :, :1], "n h m d -> (n g) h m d", g=groups), group], dim=2)
            for y, group in ((k, k_group), (v, v_group))
        )
        grouped = self.attention(q_group, k_group, v_group)
        grouped = rearrange(grouped, to_tokens, n=len(q), t=times)
        return self.proj(rearrange(torch.cat([whole, grouped], dim=2), "n h m d -> n m (h d)"))


class Mlp(nn.Module):
    def __init__(self, dim: int, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.fc1 = operations.Linear(dim, 4 * dim, **place)
        self.fc2 = operations.Linear(4 * dim, dim, **place)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(linear_gelu(self.fc1, x))


class DividedBlock(nn.Module):
    """Time, then space, then the MLP, each after a norm and added to its input; norms as in the file."""

    def __init__(self, dim: int, heads: int, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        layers = {"operations": operations, "attention": attention, **place}
        self.norm1 = operations.LayerNorm(dim, eps=EPS, **place)
        self.attn = DividedAttention(dim, heads, "space", **layers)
        self.timeattn = DividedAttention(dim, heads, "time", **layers)
        self.norm2 = operations.LayerNorm(dim, eps=EPS, **place)
        self.mlp = Mlp(dim, operations=operations, **place)
        self.norm3 = operations.LayerNorm(dim, eps=EPS, **place)

    def forward(self, x: Tensor, times: int) -> Tensor:
        x = x + self.timeattn(self.norm3(x), times)
        x = x + self.attn(self.norm1(x), times)
        return x + self.mlp(self.norm2(x))


class TokenPooling(nn.Module):
    """Self attention of which only the class token's row is wanted: tokens [N, M, D] -> [N, D]; the class
    token is the first of the M, and the same in all N.

    Its projection is two raw tensors, as torch.nn.MultiheadAttention stores it. Neither keys nor values are
    made, which would be most of the work: q (W_k x) = (W_k' q) x, and means of values are W_v times means of
    tokens. The keys' bias adds the same to all scores, so it falls out.
    """

    def __init__(self, dim: int, heads: int, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(3 * dim, dim, **place)))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim, **place))
        self.out_proj = operations.Linear(dim, dim, **place)

    def forward(self, tokens: Tensor) -> Tensor:
        w_q, w_k, w_v = self.in_proj_weight.to(tokens).unflatten(0, (3, self.heads, -1))
        b_q, _, b_v = self.in_proj_bias.to(tokens).unflatten(0, (3, self.heads, -1))
        query = (w_q @ tokens[0, 0] + b_q) * w_q.shape[1] ** -0.5
        scores = tokens @ torch.einsum("hdc,hd->ch", w_k, query)
        means = scores.softmax(1).transpose(1, 2) @ tokens
        return self.out_proj((torch.einsum("hdc,nhc->nhd", w_v, means) + b_v).flatten(1))


class SpatialAggregation(nn.Module):
    """[N, P, D] -> [N, D]: one encoder layer over a class token and the places of one time."""

    def __init__(self, dim: int, heads: int, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, 1, dim, **place), std=0.02))
        self.self_attn = TokenPooling(dim, heads, operations=operations, **place)
        self.linear1 = operations.Linear(dim, 4 * dim, **place)
        self.linear2 = operations.Linear(4 * dim, dim, **place)
        self.norm1 = operations.LayerNorm(dim, eps=EPS, **place)
        self.norm2 = operations.LayerNorm(dim, eps=EPS, **place)

    def forward(self, x: Tensor) -> Tensor:
        token = self.cls_token.to(x)
        tokens = torch.cat([token.expand(len(x), -1, -1), x], dim=1)
        x = token[0] + self.self_attn(self.norm1(tokens))
        return x + self.linear2(linear_gelu(self.linear1, self.norm2(x)))
