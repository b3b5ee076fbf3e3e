"""A host's layers in miniature: weights stored in one type, cast to the input's at use; calls recorded."""

from __future__ import annotations

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _weights(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor | None]:
    bias = getattr(layer, "bias", None)
    return layer.weight.to(x), None if bias is None else bias.to(x)


FORWARD = {
    nn.Linear: lambda layer, x: F.linear(x, *_weights(layer, x)),
    nn.Conv1d: lambda layer, x: layer._conv_forward(x, *_weights(layer, x)),  # which knows how it is padded
    nn.Conv2d: lambda layer, x: F.conv2d(x, *_weights(layer, x), layer.stride, layer.padding),
    nn.Conv3d: lambda layer, x: F.conv3d(x, *_weights(layer, x), layer.stride, layer.padding),
    nn.GroupNorm: lambda layer, x: F.group_norm(x, layer.num_groups, *_weights(layer, x), layer.eps),
    nn.LayerNorm: lambda layer, x: F.layer_norm(x, layer.normalized_shape, *_weights(layer, x), layer.eps),
    nn.RMSNorm: lambda layer, x: F.rms_norm(x, layer.normalized_shape, layer.weight.to(x), layer.eps),
    nn.Embedding: lambda layer, ids: F.embedding(ids, layer.weight),  # ids have no type to follow
}


def manual_cast(storage: torch.dtype = torch.bfloat16) -> SimpleNamespace:
    """A namespace like torch.nn; `.used` collects the layers that ran."""
    used: set[nn.Module] = set()

    def hosted(base: type[nn.Module]) -> type[nn.Module]:
        def init(self: nn.Module, *args: object, dtype: object = None, **kwargs: object) -> None:
            base.__init__(self, *args, dtype=storage, **kwargs)

        def forward(self: nn.Module, x: Tensor) -> Tensor:
            used.add(self)
            return FORWARD[base](self, x)

        return type(base.__name__, (base,), {"__init__": init, "forward": forward, "hosted": True})

    return SimpleNamespace(used=used, **{base.__name__: hosted(base) for base in FORWARD})
