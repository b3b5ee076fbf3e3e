"""ImageBind's two towers that are used: clips of sound and of film -> vectors [N, out].

Both are ViTs: patches as tokens after a class token, learned places, a plain transformer, and the class
token alone brought to the common width and to length 1. The sound's patches overlap and its attention has one
learned key and value more; its vectors are then `scale` long, 20 in the public file, which no cosine sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..transformer import Transformer, TransformerConfig
from .film_clips import PAIR, SIZE
from .sound_clips import BANDS, FRAMES

STEM_EPS = 1e-5
MOST = 100.0  # of the sound's scale


@dataclass(frozen=True)
class TowerConfig:
    body: TransformerConfig
    patch: int
    stride: int
    out: int


class Tower(nn.Module):
    """What both have in common, from the patches [N, P, width] on."""

    def __init__(self, config: TowerConfig, patches: int) -> None:
        super().__init__()
        width = config.body.width
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 1 + patches, width))
        self.body = Transformer(config.body)
        self.norm = nn.LayerNorm(width, eps=config.body.eps)
        self.head = nn.Linear(width, config.out, bias=False)

    def tokens(self, patches: Tensor) -> Tensor:
        return torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1) + self.positions

    def vector(self, tokens: Tensor) -> Tensor:
        return F.normalize(self.head(self.norm(self.body(tokens)[:, 0])), dim=-1)


class SoundTower(Tower):
    def __init__(self, config: TowerConfig) -> None:
        bands, times = ((n - config.patch) // config.stride + 1 for n in (BANDS, FRAMES))
        super().__init__(config, bands * times)
        self.stem = nn.Conv2d(1, config.body.width, config.patch, config.stride, bias=False)
        self.stem_norm = nn.LayerNorm(config.body.width, eps=STEM_EPS)
        self.register_buffer("log_scale", torch.zeros(()))

    def forward(self, clips: Tensor) -> Tensor:
        """[N, 1, BANDS, FRAMES] -> [N, out]."""
        patches = self.stem_norm(self.stem(clips).flatten(2).transpose(1, 2))
        return self.vector(self.tokens(patches)) * self.log_scale.exp().clamp(max=MOST)


class FilmTower(Tower):
    def __init__(self, config: TowerConfig) -> None:
        super().__init__(config, ((SIZE - config.patch) // config.stride + 1) ** 2)
        patch, stride = (PAIR, config.patch, config.patch), (PAIR, config.stride, config.stride)
        self.stem = nn.Conv3d(3, config.body.width, patch, stride, bias=False)
        self.first_norm = nn.LayerNorm(config.body.width, eps=config.body.eps)

    def forward(self, clips: Tensor) -> Tensor:
        """[N, 3, PAIR, SIZE, SIZE] -> [N, out]."""
        patches = self.stem(clips).flatten(2).transpose(1, 2)
        return self.vector(self.first_norm(self.tokens(patches)))
