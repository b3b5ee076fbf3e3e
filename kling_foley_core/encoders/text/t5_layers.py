"""T5's encoder (Raffel et al. 2020, section 2.1): embedded tokens [B, N, width] -> [B, N, width].

Norms by root mean square before attention and MLP, no biases in the linears, scores that are not scaled, and
in place of positions a number for each distance of key from query, added to the scores of all layers alike.
Parameters are named as in the public T5 files, after `encoder.`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

EPS = 1e-6
DISTANCES = 32  # rows of the table: half for each side, half of those for one distance each
FARTHEST = 128  # tokens: from there on all distances are one


@dataclass(frozen=True)
class T5TextConfig:
    width: int
    layers: int
    heads: int
    head_width: int
    mlp: int
    vocabulary: int
    length: int


class T5Encoder(nn.Module):
    def __init__(self, config: T5TextConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.block = nn.ModuleList(
            T5Block(config, with_table=i == 0, operations=operations, **place) for i in range(config.layers)
        )
        self.final_layer_norm = operations.RMSNorm(config.width, eps=EPS, **place)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """`real` bool [B, N]: the tokens that are attended to."""
        table = self.block[0].layer[0].SelfAttention.relative_attention_bias
        bias = table(distance_rows(x.shape[1], x.device)).permute(2, 0, 1).to(x.dtype)
        bias = torch.where(real[:, None, None], bias, torch.finfo(x.dtype).min)
        for block in self.block:
            x = block(x, bias)
        return self.final_layer_norm(x)


class T5Block(nn.Module):
    def __init__(self, config: T5TextConfig, *, with_table: bool, operations: Any, **place: Any) -> None:
        super().__init__()
        self.layer = nn.ModuleList(
            [
                AttentionLayer(config, with_table=with_table, operations=operations, **place),
                MlpLayer(config, operations=operations, **place),
            ]
        )

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        attention, mlp = self.layer
        return mlp(attention(x, bias))


class AttentionLayer(nn.Module):
    def __init__(self, config: T5TextConfig, *, with_table: bool, operations: Any, **place: Any) -> None:
        super().__init__()
        self.SelfAttention = T5Attention(config, with_table=with_table, operations=operations, **place)
        self.layer_norm = operations.RMSNorm(config.width, eps=EPS, **place)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return x + self.SelfAttention(self.layer_norm(x), bias)


class MlpLayer(nn.Module):
    def __init__(self, config: T5TextConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.DenseReluDense = T5Mlp(config, operations=operations, **place)
        self.layer_norm = operations.RMSNorm(config.width, eps=EPS, **place)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.DenseReluDense(self.layer_norm(x))


class T5Attention(nn.Module):
    def __init__(self, config: T5TextConfig, *, with_table: bool, operations: Any, **place: Any) -> None:
        super().__init__()
        self.heads, width, inner = config.heads, config.width, config.heads * config.head_width
        self.q = operations.Linear(width, inner, bias=False, **place)
        self.k = operations.Linear(width, inner, bias=False, **place)
        self.v = operations.Linear(width, inner, bias=False, **place)
        self.o = operations.Linear(inner, width, bias=False, **place)
        _start(self.q, (width * config.head_width) ** -0.5)  # stands in for the scores' scaling
        for layer in (self.k, self.v):
            _start(layer, width**-0.5)
        _start(self.o, inner**-0.5)
        if with_table:
            self.relative_attention_bias = operations.Embedding(DISTANCES, config.heads, **place)
            _start(self.relative_attention_bias, width**-0.5)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        q, k, v = (rearrange(p(x), "b n (h d) -> b h n d", h=self.heads) for p in (self.q, self.k, self.v))
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
        return self.o(rearrange(attended, "b h n d -> b n (h d)"))


class T5Mlp(nn.Module):
    def __init__(self, config: T5TextConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.wi = operations.Linear(config.width, config.mlp, bias=False, **place)
        self.wo = operations.Linear(config.mlp, config.width, bias=False, **place)
        _start(self.wi, config.width**-0.5)
        _start(self.wo, config.mlp**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.wo(F.relu(self.wi(x)))


def distance_rows(count: int, device: torch.device) -> Tensor:
    """Rows of the table for query i and key j: int64 [count, count]. Those of keys that come after the query
    are the second half; in each half the first 8 stand for one distance, the rest for ranges, which grow."""
    at = torch.arange(count, device=device)
    distance = at[None] - at[:, None]
    half, single = DISTANCES // 2, DISTANCES // 4
    away = distance.abs()
    share = (away.clamp(min=1).float() / single).log() / math.log(FARTHEST / single)
    range_row = (single + (share * (half - single)).long()).clamp(max=half - 1)
    return torch.where(away < single, away, range_row) + half * (distance > 0)


def _start(layer: nn.Module, size: float) -> None:
    """T5's initial weights: normal, of a standard deviation that keeps the signal's size."""
    nn.init.normal_(layer.weight, std=size)
