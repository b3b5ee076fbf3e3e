"""Synchformer's audio half: log mels [S, bands, frames] of segments -> [S, times, width], 6 tokens each.

AST-Base (Gong et al. 2021): patches of 16 x 16 every 10, a class and a distillation token before them,
12 layers. Its patches are then pooled over frequency for each time by one layer with a class token, the same
as pools the places of a frame in the visual half; times are not pooled.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn

from ....encoders.sync.layers import SpatialAggregation
from ..transformer import Transformer, TransformerConfig
from .log_mel import BANDS, FRAMES

EXTRA = 2  # tokens before the patches


@dataclass(frozen=True)
class AudioHalfConfig:
    body: TransformerConfig
    patch: int
    stride: int

    @property
    def patches(self) -> tuple[int, int]:
        """Along frequency and along time: 12, 6."""
        return (BANDS - self.patch) // self.stride + 1, (FRAMES - self.patch) // self.stride + 1


class AudioHalf(nn.Module):
    def __init__(self, config: AudioHalfConfig) -> None:
        super().__init__()
        width, (self.bands, self.times) = config.body.width, config.patches
        self.patches = nn.Conv2d(1, width, config.patch, stride=config.stride)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.distillation_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, EXTRA + self.bands * self.times, width))
        self.body = Transformer(config.body)
        self.norm = nn.LayerNorm(width, eps=config.body.eps)
        self.pooling = SpatialAggregation(width, config.body.heads, operations=nn)

    def forward(self, mels: Tensor) -> Tensor:
        x = self.patches(mels[:, None]).flatten(2).transpose(1, 2)
        extra = [token.expand(len(x), -1, -1) for token in (self.class_token, self.distillation_token)]
        x = torch.cat([*extra, x], dim=1) + self.positions
        x = self.norm(self.body(x))[:, EXTRA:]
        x = self.pooling(rearrange(x, "s (f t) d -> (s t) f d", t=self.times))
        return rearrange(x, "(s t) d -> s t d", t=self.times)
