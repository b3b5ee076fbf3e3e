"""The transformer inside both CLIP towers: tokens [B, N, width] -> [B, N, width].

Layers as in CLIP (Radford et al. 2021): norm, attention, norm, MLP, each pair added to its input. Parameters
are named as in transformers' CLIP files, but for `self_attn.qkv_proj`, which holds q_proj, k_proj and v_proj
one below the other, as open_clip's files do: one large product takes less time than three.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..errors import InputError
from ..networks.attention import Attention

EPS = 1e-5
PIECE = 2**17  # numbers: they and what is computed of them stay in a core's cache


class Sizes(Protocol):
    """What the configs of both towers have."""

    width: int
    layers: int
    heads: int
    mlp: int
    activation: str


class ClipTransformer(nn.Module):
    def __init__(self, config: Sizes, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            ClipLayer(config, operations=operations, attention=attention, **place)
            for _ in range(config.layers)
        )

    def forward(self, x: Tensor, *, first_only: bool = False) -> Tensor:
        """`first_only`: of what comes out, only the first token [B, 1, width]."""
        *others, last = self.layers
        for layer in others:
            x = layer(x)
        return last(x, first_only=first_only)


class ClipLayer(nn.Module):
    def __init__(self, config: Sizes, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        # In the order of transformers' files: digests of networks go by it.
        self.self_attn = ClipAttention(config, operations=operations, attention=attention, **place)
        self.layer_norm1 = operations.LayerNorm(config.width, eps=EPS, **place)
        self.mlp = ClipMlp(config, operations=operations, **place)
        self.layer_norm2 = operations.LayerNorm(config.width, eps=EPS, **place)

    def forward(self, x: Tensor, *, first_only: bool = False) -> Tensor:
        """The first token alone needs no other's query and MLP, which are five sixths of the work."""
        attended = self.self_attn(self.layer_norm1(x), first_only=first_only)
        x = (x[:, :1] if first_only else x) + attended
        return x + self.mlp(self.layer_norm2(x))


class ClipAttention(nn.Module):
    def __init__(self, config: Sizes, *, operations: Any, attention: Attention, **place: Any) -> None:
        super().__init__()
        if config.width % config.heads:
            raise InputError(f"width = {config.width} does not split into heads = {config.heads}.")
        self.heads, self.attention = config.heads, attention
        self.qkv_proj = operations.Linear(config.width, 3 * config.width, **place)
        self.out_proj = operations.Linear(config.width, config.width, **place)

    def forward(self, x: Tensor, *, first_only: bool) -> Tensor:
        q, k, v = rearrange(self.qkv_proj(x), "b n (w h d) -> w b h n d", w=3, h=self.heads)
        q = q[:, :, :1] if first_only else q
        return self.out_proj(rearrange(self.attention(q, k, v), "b h n d -> b n (h d)"))


class ClipMlp(nn.Module):
    def __init__(self, config: Sizes, *, operations: Any, **place: Any) -> None:
        super().__init__()
        if config.activation not in ACTIVATIONS:
            raise InputError(f"activation = {config.activation!r}; choose one of {', '.join(ACTIVATIONS)}.")
        self.activation = ACTIVATIONS[config.activation]
        self.fc1 = operations.Linear(config.width, config.mlp, **place)
        self.fc2 = operations.Linear(config.mlp, config.width, **place)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.activation(self.fc1(x)))


def quick_gelu(x: Tensor) -> Tensor:
    """x * sigmoid(1.702 x); written over x where no gradient needs it.

    On a CPU piece by piece: the whole, which no cache holds, would travel from and to memory seven times.
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return x * torch.sigmoid(1.702 * x)
    for piece in x.view(-1).split(PIECE if x.device.type == "cpu" else max(x.numel(), 1)):
        piece.mul_(torch.sigmoid(1.702 * piece))
    return x


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"quick_gelu": quick_gelu, "gelu": F.gelu}
