"""Scores patches of a normalised mel as an image, at two scales.

    mel [B, bands, T] -> scores [B, patches]

The paper names multi-scale features, gradient regularisation and dynamic weights, but no layers (fact sheet
section 4). Our choice: strided 2-D convolutions; a second input channel holds the frequency, since what is
normal differs between low and high bands; scores are read after the third and the fourth layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class DiscriminatorConfig:
    width: int  # channels of the first layer


class MelDiscriminator(nn.Module):
    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        w = config.width
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1)
            for a, b in ((2, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 4 * w))
        )
        self.heads = nn.ModuleList(nn.Conv2d(4 * w, 1, 3, padding=1) for _ in range(2))

    def forward(self, mel: Tensor) -> Tensor:
        x = mel.unsqueeze(1)
        frequency = torch.linspace(-1, 1, mel.shape[1], device=mel.device, dtype=mel.dtype)
        x = torch.cat([x, frequency[:, None].expand_as(x)], dim=1)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        scores = [head(f).flatten(1) for head, f in zip(self.heads, features[-2:], strict=True)]
        return torch.cat(scores, dim=1).float()
