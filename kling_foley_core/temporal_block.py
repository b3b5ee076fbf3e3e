"""A residual block over time, of the stereo renderer and of the small sync encoder: [B, C, T] -> [B, C, T].

Layer norm over channels, dilated convolution over time, GELU, pointwise layer. Our choice, as in ConvNeXt.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn


class TemporalBlock(nn.Module):
    def __init__(self, width: int, kernel: int, dilation: int, operations: Any, **place: Any) -> None:
        super().__init__()
        self.norm = operations.LayerNorm(width, **place)
        padding = kernel // 2 * dilation
        self.conv = operations.Conv1d(width, width, kernel, padding=padding, dilation=dilation, **place)
        self.out = operations.Conv1d(width, width, 1, **place)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x.transpose(1, 2)).transpose(1, 2)
        return x + self.out(F.gelu(self.conv(normed)))
