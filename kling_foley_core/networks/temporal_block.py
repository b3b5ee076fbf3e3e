"""A residual block over time, of the stereo renderer and of the small sync encoder: [B, C, T] -> [B, C, T].

Layer norm over channels, dilated convolution over time, GELU, pointwise layer. Our choice, as in ConvNeXt.
"""

from __future__ import annotations

from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn


class TemporalBlock(nn.Module):
    def __init__(
        self,
        width: int,
        kernel: int,
        dilation: int,
        operations: Any,
        *,
        beyond: Literal["zeros", "reflect"] = "zeros",
        **place: Any,
    ) -> None:
        """`beyond` the ends stand zeros, or the sequence mirrored, which must be longer than
        kernel // 2 * dilation."""
        super().__init__()
        self.norm = operations.LayerNorm(width, **place)
        spread = {"padding": kernel // 2 * dilation, "dilation": dilation, "padding_mode": beyond}
        self.conv = operations.Conv1d(width, width, kernel, **spread, **place)
        self.out = operations.Conv1d(width, width, 1, **place)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x.transpose(1, 2)).transpose(1, 2)
        return x + self.out(F.gelu(self.conv(normed)))
