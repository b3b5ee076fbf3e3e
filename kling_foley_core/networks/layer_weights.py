"""Work done with a layer's weights as the layer itself would use them.

A host's layer casts, moves or patches its weights while it runs, and only then. So the layer is called, with
an argument that stands in for its input: when the layer hands it to the convolution, the work given here is
done instead (torch's `__torch_function__` protocol).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class _StandIn:
    """Passes for a tensor of `like`'s type and place until it reaches a convolution."""

    def __init__(self, like: Tensor, work: Callable[[Tensor, Tensor | None], Tensor]) -> None:
        self.like, self.work = like, work
        self.dtype, self.device = like.dtype, like.device

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.conv1d, torch.conv_transpose1d):
            stand_in, weight, bias = args[:3]
            return stand_in.work(weight, bias)
        args = [a.like if isinstance(a, cls) else a for a in args]
        return function(*args, **(kwargs or {}))


def with_weights(
    layer: nn.Conv1d | nn.ConvTranspose1d, like: Tensor, work: Callable[[Tensor, Tensor | None], Tensor]
) -> Tensor:
    """`work(weight, bias)` with what the layer would convolve a tensor of `like`'s type and place with."""
    return layer(_StandIn(like, work))
