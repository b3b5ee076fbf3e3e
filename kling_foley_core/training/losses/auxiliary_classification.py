"""Auxiliary classification loss: a linear layer reads the names of a clip's sounds off the generator.

    labels                uint8 [B, L, K]: which of K names hold in each latent frame (data/labels.py)
    AuxiliaryClassifier   the audio stream behind the joint blocks [B, L, D] -> logits [B, L, K]

Its cross-entropy is added to the flow's loss and the layer is thrown away. Our addition; the paper is silent.
What only a word tells moves the flow's loss by a hundredth, and 10 000 steps hardly taught it. With this loss
the first blocks learn to bring to each frame what the conditions say of it. REPA (arXiv 2410.06940) aligns
with a frozen encoder in the same place; here labels are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...mmdit import MMDiT
from ...mmdit.layers import layer_norm


class AuxiliaryClassifier(nn.Module):
    def __init__(self, hidden_dim: int, names: int) -> None:
        super().__init__()
        self.out = nn.Linear(hidden_dim, names)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, -3.0)  # names are rare: about one in twenty holds

    def forward(self, hidden: Tensor) -> Tensor:
        return self.out(layer_norm(hidden.float()))

    def loss(self, hidden: Tensor, labels: Tensor, labelled: Tensor, t: Tensor) -> Tensor:
        """hidden [B, L, D], labels [B, L, K], labelled bool [B], flow time [B] -> [B]: cross-entropy of a
        frame, less where the noise is gone and the sound itself tells; 0 for what has no labels."""
        return (1 - t) * labelled * frame_error(self(hidden), labels)


def frame_error(logits: Tensor, labels: Tensor) -> Tensor:
    """[B, L, K] each -> [B]: cross-entropy of a frame, in nats."""
    error = F.binary_cross_entropy_with_logits(logits.float(), labels.float(), reduction="none")
    return error.sum(-1).mean(-1)


@contextmanager
def hidden_states(net: MMDiT) -> Iterator[list[Tensor]]:
    """The audio stream behind the joint blocks of every pass inside: [B, L, D] each."""
    found: list[Tensor] = []

    def keep(block: nn.Module, given: Any, made: tuple[Tensor, Tensor, Tensor]) -> None:
        found.append(made[0])

    handle = net.joint_blocks[-1].register_forward_hook(keep)
    try:
        yield found
    finally:
        handle.remove()
