"""The plain transformer inside four published networks: tokens [B, N, width] -> [B, N, width].

Norm, attention, norm, MLP with GELU, each pair added to its input, as in ViT (Dosovitskiy et al. 2021). It is
the body of AST (Gong et al. 2021), of Synchformer's comparison, of ImageBind's two trunks and of PaSST.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ...networks.attention import sdpa


@dataclass(frozen=True)
class TransformerConfig:
    width: int
    layers: int
    heads: int
    mlp: int
    eps: float  # of the norms
    extra_key: bool  # one learned key and value more, which every token may look at


class Transformer(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


class Block(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width, eps=config.eps)
        self.attn = SelfAttention(config)
        self.norm2 = nn.LayerNorm(config.width, eps=config.eps)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class SelfAttention(nn.Module):
    """Query, key and value are one matrix, one below the other."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.proj = nn.Linear(config.width, config.width)
        if config.extra_key:
            self.bias_k = nn.Parameter(torch.zeros(1, 1, config.width))
            self.bias_v = nn.Parameter(torch.zeros(1, 1, config.width))
        self.extra_key = config.extra_key

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "b n (w h d) -> w b h n d", w=3, h=self.heads)
        if self.extra_key:
            k, v = self._with(k, self.bias_k), self._with(v, self.bias_v)
        return self.proj(rearrange(sdpa(q, k, v), "b h n d -> b n (h d)"))

    def _with(self, heads: Tensor, extra: Tensor) -> Tensor:
        """[B, H, N, d] -> [B, H, N + 1, d]."""
        more = rearrange(extra, "1 1 (h d) -> 1 h 1 d", h=self.heads)
        return torch.cat([heads, more.expand(len(heads), -1, -1, -1)], dim=2)


class Mlp(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.width, config.mlp)
        self.fc2 = nn.Linear(config.mlp, config.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))
