"""BigVGAN: log mel to wave by stages of transposed convolutions and anti-aliased residual blocks.

    mel [B, n_mels, T] -> wave [B, 1, T * hop] in -1..1

Specification 7.2; the paper names no vocoder (fact sheet 4), its family uses this one. Tensor names are those
of the public generators after `weight_norm.fold_weight_norm`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor, nn

from . import time_major_bigvgan
from .activations import REACH, AntiAliasedSnake
from .checks import check_channels

END_KERNEL = 7  # of the first and the last convolution
FINAL = {"tanh": torch.tanh, "clamp": lambda x: x.clamp(-1, 1)}


@dataclass(frozen=True)
class BigVGANConfig:
    """Shape of the generator."""

    n_mels: int
    width: int  # channels after the first convolution; each stage halves them
    upsample_rates: tuple[int, ...]
    upsample_kernels: tuple[int, ...]
    residual_kernels: tuple[int, ...]
    dilations: tuple[int, ...]
    final_bias: bool
    final: str  # "tanh" or "clamp"

    def __post_init__(self) -> None:
        if self.final not in FINAL:
            raise ValueError(f"BigVGANConfig.final = {self.final!r}: choose one of {sorted(FINAL)}.")
        for rate, kernel in zip(self.upsample_rates, self.upsample_kernels, strict=True):
            if kernel < rate or (kernel - rate) % 2:
                raise ValueError(
                    f"BigVGANConfig: kernel {kernel} can't upsample by {rate} to an exact length."
                )

    @property
    def hop(self) -> int:
        return math.prod(self.upsample_rates)


class AMPBlock(nn.Module):
    """Residual block with anti-aliased periodic activations, one pair of convolutions per dilation."""

    def __init__(
        self, channels: int, kernel: int, dilations: tuple[int, ...], operations: ModuleType, **factory
    ) -> None:
        super().__init__()

        def convolution(dilation: int) -> nn.Module:
            padding = (kernel - 1) // 2 * dilation
            return operations.Conv1d(
                channels, channels, kernel, dilation=dilation, padding=padding, **factory
            )

        self.convs1 = nn.ModuleList(convolution(dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(convolution(1) for _ in dilations)
        self.activations = nn.ModuleList(
            AntiAliasedSnake(channels, **factory) for _ in range(2 * len(dilations))
        )

    def forward(self, x: Tensor) -> Tensor:
        for i, (first, second) in enumerate(zip(self.convs1, self.convs2, strict=True)):
            x = x + second(self.activations[2 * i + 1](first(self.activations[2 * i](x))))
        return x


class BigVGAN(nn.Module):
    """The generator, in the mel's number type: float32 or bfloat16, as in float16 the Snake may overflow."""

    def __init__(
        self,
        config: BigVGANConfig,
        *,
        operations: ModuleType = nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        factory = {"device": device, "dtype": dtype}
        pad = END_KERNEL // 2
        self.conv_pre = operations.Conv1d(config.n_mels, config.width, END_KERNEL, padding=pad, **factory)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        channels = config.width
        for rate, kernel in zip(config.upsample_rates, config.upsample_kernels, strict=True):
            up = operations.ConvTranspose1d(
                channels, channels // 2, kernel, stride=rate, padding=(kernel - rate) // 2, **factory
            )
            self.ups.append(nn.ModuleList([up]))
            channels //= 2
            for size in config.residual_kernels:
                self.resblocks.append(AMPBlock(channels, size, config.dilations, operations, **factory))
        self.activation_post = AntiAliasedSnake(channels, **factory)
        self.conv_post = operations.Conv1d(
            channels, 1, END_KERNEL, padding=pad, bias=config.final_bias, **factory
        )

    @property
    def n_mels(self) -> int:
        return self.config.n_mels

    @property
    def hop(self) -> int:
        return self.config.hop

    @property
    def reach(self) -> int:
        """Mel frames on either side that the sound of one frame depends on."""
        return max(receptive_frames(self.config))

    def forward(self, mel: Tensor, first: int = 0) -> Tensor:
        """`first`, which frame of the whole sound the mel's first is, changes nothing here."""
        check_channels(mel, "mel", self.config.n_mels)
        wave = time_major_bigvgan.decode(self, mel) if time_major_bigvgan.suits(mel) else self.plain(mel)
        return FINAL[self.config.final](wave)

    def plain(self, mel: Tensor) -> Tensor:
        """The wave before its last function, layer by layer: for training, and on a GPU."""
        x = self.conv_pre(mel)
        branches = len(self.config.residual_kernels)
        for i, up in enumerate(self.ups):
            x = up[0](x)
            blocks = self.resblocks[i * branches : (i + 1) * branches]
            total = blocks[0](x)
            for block in blocks[1:]:
                total = total + block(x)
            x = total / branches
        return self.conv_post(self.activation_post(x))


def receptive_frames(config: BigVGANConfig) -> tuple[int, int]:
    """(before, after): how many mel frames next to frame k the samples k*hop .. (k+1)*hop - 1 depend on.

    Walks from the output back to the mel with the first and the last sample that matter: a convolution widens
    the range by its half-width, a transposed one with kernel k, rate r and padding p maps n to (n + p - k +
    1)/r .. (n + p)/r.
    """
    low, high = 0, config.hop - 1
    end = END_KERNEL // 2
    low, high = low - end - REACH, high + end + REACH
    half = (max(config.residual_kernels) - 1) // 2
    block = sum(half * dilation + half + 2 * REACH for dilation in config.dilations)
    for rate, kernel in zip(reversed(config.upsample_rates), reversed(config.upsample_kernels), strict=True):
        padding = (kernel - rate) // 2
        low, high = low - block, high + block
        low, high = -((-(low + padding - kernel + 1)) // rate), (high + padding) // rate
    return end - low, high + end
