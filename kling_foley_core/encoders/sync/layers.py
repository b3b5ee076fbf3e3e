"""Layers of the sync encoder: divided space-time attention and the spatial aggregation (specification 5.3).

Tokens of a segment are [N, 1 + T * P, D]: a class token, then T times of P places each, time-major.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from ...networks.attention import Attention

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
        return self.fc2(F.gelu(self.fc1(x)))


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


class FusedAttention(nn.Module):
    """Plain self attention; its projection is two raw tensors, as torch.nn.MultiheadAttention stores it."""

    def __init__(self, dim: int, heads: int, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        self.heads = heads
        self.attention = attention
        self.in_proj_weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(3 * dim, dim, **place)))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim, **place))
        self.out_proj = operations.Linear(dim, dim, **place)

    def forward(self, x: Tensor) -> Tensor:
        projected = F.linear(x, self.in_proj_weight.to(x), self.in_proj_bias.to(x))
        q, k, v = rearrange(projected, "n m (w h d) -> w n h m d", w=3, h=self.heads)
        return self.out_proj(rearrange(self.attention(q, k, v), "n h m d -> n m (h d)"))


class SpatialAggregation(nn.Module):
    """[N, P, D] -> [N, D]: one encoder layer over a class token and the places of one time."""

    def __init__(self, dim: int, heads: int, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, 1, dim, **place), std=0.02))
        self.self_attn = FusedAttention(dim, heads, operations=operations, attention=attention, **place)
        self.linear1 = operations.Linear(dim, 4 * dim, **place)
        self.linear2 = operations.Linear(4 * dim, dim, **place)
        self.norm1 = operations.LayerNorm(dim, eps=EPS, **place)
        self.norm2 = operations.LayerNorm(dim, eps=EPS, **place)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.cls_token.to(x).expand(len(x), -1, -1), x], dim=1)
        x = x + self.self_attn(self.norm1(x))
        x = x[:, 0]  # nothing mixes tokens from here on, so the other tokens need no feed-forward pass
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x))))
