"""The small layers of the MM-DiT: gated MLPs over tokens or over time, normalisation with modulation, the
time embedding.

Activations are [B, N, D], channels last. Sources: the blocks are SD3's (paper section 4.2) with the 1-D
convolutions and gated MLPs of MMAudio, whose tensor names they keep so that its checkpoints load as they are.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.convolution import over_time

LAYER_NORM_EPS = 1e-5


def conv1d(operations: Any, dim_in: int, dim_out: int, kernel: int, bias: bool, **kw: Any) -> nn.Module:
    """A convolution over time that keeps the length: stride 1, zeros (kernel - 1) / 2 on both sides."""
    return operations.Conv1d(dim_in, dim_out, kernel, padding=kernel // 2, bias=bias, **kw)


def layer_norm(x: Tensor) -> Tensor:
    """LayerNorm without weights over the last axis."""
    return F.layer_norm(x, x.shape[-1:], eps=LAYER_NORM_EPS)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale) + shift


class GatedMLP(nn.Module):
    """W2(silu(W1 x) * W3 x) on [B, N, D], without biases."""

    def __init__(self, dim: int, inner: int, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.w1 = operations.Linear(dim, inner, bias=False, **kw)
        self.w2 = operations.Linear(inner, dim, bias=False, **kw)
        self.w3 = operations.Linear(dim, inner, bias=False, **kw)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class GatedConvMLP(nn.Module):
    """The gated MLP with convolutions over time in place of linears: sees `kernel` neighbours, [B, N, D].
    `kept`: as in `over_time`."""

    def __init__(self, dim: int, inner: int, kernel: int, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.w1 = conv1d(operations, dim, inner, kernel, bias=False, **kw)
        self.w2 = conv1d(operations, inner, dim, kernel, bias=False, **kw)
        self.w3 = conv1d(operations, dim, inner, kernel, bias=False, **kw)

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        gated = F.silu(over_time(self.w1, x, kept)) * over_time(self.w3, x, kept)
        return over_time(self.w2, gated, kept)


class TimeEmbedding(nn.Module):
    """Flow time t [B] in [0, 1] -> [B, D].

    The frequencies are computed anew in float32 in exactly this order of operations: where they reach 10^4
    one unit in the last place already moves the network's output, and half precision would destroy them.
    """

    def __init__(self, time_dim: int, max_period: float, dim: int, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.time_dim, self.max_period = time_dim, max_period
        self.mlp = nn.Sequential(
            operations.Linear(time_dim, dim, **kw), nn.SiLU(), operations.Linear(dim, dim, **kw)
        )

    def waves(self, t: Tensor) -> Tensor:
        """[B] -> [B, time_dim] float32: cosines, then sines."""
        angle = t.float()[:, None] * time_frequencies(self.time_dim, self.max_period, t.device)
        return torch.cat((angle.cos(), angle.sin()), dim=-1)

    def forward(self, t: Tensor, dtype: torch.dtype) -> Tensor:
        return self.mlp(self.waves(t).to(dtype))


def time_frequencies(time_dim: int, max_period: float, device: torch.device) -> Tensor:
    """[time_dim / 2] float32, falling from 10000 / max_period to about 1 / max_period."""
    even = torch.arange(0, time_dim, 2, dtype=torch.float32, device=device)
    return (1.0 / 10000.0 ** (even / time_dim)) * (10000.0 / max_period)
