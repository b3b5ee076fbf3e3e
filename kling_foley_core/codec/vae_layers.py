"""Building blocks of the magnitude-preserving mel VAE; everything is [B, C, T] and keeps a unit magnitude.

Specification 6.2 (the scheme of EDM2 on 1-D convolutions). Convolution weights are normalised once before
loading, in `vae_weights.py`; here a convolution is a plain, bias-free layer.
"""

from __future__ import annotations

import math
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.attention import Attention
from ..networks.convolution import over_time

CLAMP = 256.0  # the residual stream is held within +-256, which half precision can represent


def pixel_norm(x: Tensor) -> Tensor:
    """x / (1e-4 + ||x||_2 / sqrt(C)) over the channels at each time step, the norm in float32."""
    norm = torch.linalg.vector_norm(x, dim=1, keepdim=True, dtype=torch.float32)
    return x * (1e-4 + norm / math.sqrt(x.shape[1])).reciprocal().to(x.dtype)


def mp_silu(x: Tensor) -> Tensor:
    """SiLU, scaled so that unit-variance noise keeps its magnitude."""
    return F.silu(x) * (1 / 0.596)


def mp_sum(a: Tensor, b: Tensor) -> Tensor:
    """0.7 a + 0.3 b, scaled so that independent unit inputs give a unit sum."""
    size = math.hypot(0.7, 0.3)
    return torch.add(a * (0.7 / size), b, alpha=0.3 / size)


def convolved(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer that keeps the length, on x [B, C, T]; in few multiplications where that is possible."""
    return over_time(layer, x.transpose(1, 2)).transpose(1, 2)


class ResidualBlock(nn.Module):
    """[B, in, T] -> [B, out, T]; the skip path carries the normalised input."""

    def __init__(self, width_in: int, width_out: int, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.conv1 = operations.Conv1d(width_in, width_out, 3, padding=1, bias=False, **factory)
        self.conv2 = operations.Conv1d(width_out, width_out, 3, padding=1, bias=False, **factory)
        if width_in != width_out:
            self.nin_shortcut = operations.Conv1d(width_in, width_out, 1, bias=False, **factory)
        else:
            self.nin_shortcut = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = pixel_norm(x)
        change = convolved(self.conv2, mp_silu(convolved(self.conv1, mp_silu(x))))
        return mp_sum(convolved(self.nin_shortcut, x), change)


class AttentionBlock(nn.Module):
    """One head over all time steps; channel c of q, k, v is output c*3, c*3+1, c*3+2 of `qkv`."""

    def __init__(self, width: int, operations: ModuleType, attention: Attention, **factory) -> None:
        super().__init__()
        self.qkv = operations.Conv1d(width, 3 * width, 1, bias=False, **factory)
        self.proj_out = operations.Conv1d(width, width, 1, bias=False, **factory)
        self.attention = attention

    def forward(self, x: Tensor) -> Tensor:
        parts = convolved(self.qkv, x).unflatten(1, (x.shape[1], 3)).unbind(2)
        q, k, v = (pixel_norm(part).transpose(1, 2).unsqueeze(1) for part in parts)  # [B, 1, T, C]
        mixed = self.attention(q, k, v).squeeze(1).transpose(1, 2)
        return mp_sum(x, convolved(self.proj_out, mixed))


class Middle(nn.Module):
    """Residual block, attention where the config has it, residual block, clamp."""

    def __init__(self, width: int, attention: Attention | None, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.block_1 = ResidualBlock(width, width, operations, **factory)
        self.attn_1 = nn.Identity()
        if attention is not None:
            self.attn_1 = AttentionBlock(width, operations, attention, **factory)
        self.block_2 = ResidualBlock(width, width, operations, **factory)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x))).clamp(-CLAMP, CLAMP)


class Downsample(nn.Module):
    """Halves the time axis by averaging pairs; an odd last frame is dropped."""

    def __init__(self, width: int, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.conv1 = operations.Conv1d(width, width, 1, bias=False, **factory)
        self.conv2 = operations.Conv1d(width, width, 1, bias=False, **factory)

    def forward(self, x: Tensor) -> Tensor:
        return convolved(self.conv2, F.avg_pool1d(convolved(self.conv1, x), 2, 2))


class NearestUpsample(nn.Module):
    """Doubles the time axis by repetition, then smooths with a convolution (the public checkpoints)."""

    def __init__(self, width: int, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.conv = operations.Conv1d(width, width, 3, padding=1, bias=False, **factory)

    def forward(self, x: Tensor) -> Tensor:
        return convolved(self.conv, torch.repeat_interleave(x, 2, dim=-1))


class TransposedUpsample(nn.Module):
    """Doubles the time axis with a transposed convolution (the paper's decoder), `Downsample` mirrored."""

    def __init__(self, width: int, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.conv = operations.Conv1d(width, width, 1, bias=False, **factory)
        self.transposed = operations.ConvTranspose1d(
            width, width, 4, stride=2, padding=1, bias=False, **factory
        )

    def forward(self, x: Tensor) -> Tensor:
        # Each output step meets two of the four taps, half of the weights' unit energy.
        return self.transposed(convolved(self.conv, x)) * math.sqrt(2)


UPSAMPLING = {"nearest": NearestUpsample, "transposed": TransposedUpsample}
