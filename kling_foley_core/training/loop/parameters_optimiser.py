"""AdamW with the recipe's schedule and a limit on the gradient's norm: one call per step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ..recipe import Optimisation
from .schedule import inverse_lr


class Optimiser:
    """`step(loss, index)` = backward, clip, AdamW at the learning rate of that step."""

    def __init__(self, parameters: Iterable[nn.Parameter], config: Optimisation) -> None:
        self.config = config
        self.parameters = [p for p in parameters if p.requires_grad]
        self.adamw = torch.optim.AdamW(
            self.parameters,
            lr=config.lr,
            betas=config.betas,
            eps=config.eps,
            weight_decay=config.weight_decay,
            fused=True,  # one pass over the weights: a third of the step of small networks otherwise
        )

    def lr(self, index: int) -> float:
        return inverse_lr(index, self.config)

    def step(self, loss: Tensor, index: int) -> Tensor:
        """Returns the gradient's norm before it was limited."""
        self.adamw.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.config.max_norm)
        for group in self.adamw.param_groups:
            group["lr"] = self.lr(index)
        self.adamw.step()
        return norm

    def state_dict(self) -> dict[str, Any]:
        return self.adamw.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The moments; the settings stay the recipe's, which may have changed since."""
        settings = [{k: v for k, v in g.items() if k != "params"} for g in self.adamw.param_groups]
        self.adamw.load_state_dict(state)
        for group, kept in zip(self.adamw.param_groups, settings, strict=True):
            group.update(kept)
