"""Exponential moving average of a network's weights: the average is what is saved and heard.

    average <- decay' * average + (1 - decay') * weights,  decay' = min(decay, (1 + n) / (10 + n)), update n

The rising decay lets a short training forget its random start (our choice; the paper does not speak of an
EMA). Where FSDP2 spreads the weights over the processes, the average is spread as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from .parallel import held_like


class EMA:
    """Averages the floating-point tensors of `network.state_dict()`; the others are taken as they are."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self.average = {name: t.detach().clone() for name, t in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.average[name].lerp_(tensor, 1 - decay)
            else:
                self.average[name].copy_(tensor)

    @contextmanager
    def swapped(self, network: nn.Module) -> Iterator[None]:
        """`network` has the averages inside, and its own weights again afterwards."""
        self._swap(network)
        try:
            yield
        finally:
            self._swap(network)

    @torch.no_grad()
    def _swap(self, network: nn.Module) -> None:
        for name, tensor in network.state_dict().items():
            trained = tensor.clone()
            tensor.copy_(self.average[name])
            self.average[name].copy_(trained)

    def state_dict(self) -> dict[str, int | dict[str, Tensor]]:
        return {"updates": self.updates, "average": self.average}

    def load_state_dict(self, state: dict) -> None:
        self.updates = state["updates"]
        for name, tensor in state["average"].items():
            self.average[name].copy_(held_like(tensor, self.average[name]))
