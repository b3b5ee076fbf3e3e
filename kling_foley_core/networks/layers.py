"""The layers that networks are made of outside of a host: torch.nn's, with a Linear that multiplies faster.

Its name in a network's arguments is `operations`; everything but Linear is torch.nn's own.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from .products import product, product_gelu


class Linear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return product(x, self.weight, self.bias)


def linear_gelu(layer: nn.Module, x: Tensor) -> Tensor:
    """gelu(layer(x)); one operation where the layer is ours, and nothing replaces or hooks its forward."""
    hooked = layer._forward_hooks or layer._forward_pre_hooks or "forward" in vars(layer)
    if type(layer) is Linear and not hooked:
        return product_gelu(x, layer.weight, layer.bias)
    return F.gelu(layer(x))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)  # Python asks a module for these
    return getattr(nn, name)
