"""What sounds is named along the way: a linear layer reads the names of a clip's sounds off the generator.

    marks   uint8 [L, K]: which of K names hold in each latent frame (data/labels.py)
    Namer   the audio stream behind the joint blocks [B, L, D] -> logits [B, L, K], compared with the marks

Its cross-entropy is added to the flow's loss and the layer is thrown away. Our addition; the paper is silent.
What only a word tells moves the flow's loss by a hundredth, and 10 000 steps hardly taught it. Asked for the
names, the first blocks learn to bring to each frame what is said and seen of it, and the last ones sound it.
REPA (arXiv 2410.06940) aligns with a frozen encoder in the same place; here the truth is known.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...mmdit import MMDiT
from ...mmdit.layers import layer_norm


class Namer(nn.Module):
    """Listens to one network: `loss` is of that network's last pass."""

    def __init__(self, net: MMDiT, names: int) -> None:
        super().__init__()
        self.out = nn.Linear(net.config.hidden_dim, names)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, -3.0)  # names are rare: about one in twenty holds
        net.joint_blocks[-1].register_forward_hook(self._listen)

    def _listen(self, block: nn.Module, given: Any, made: tuple[Tensor, Tensor, Tensor]) -> None:
        self.heard = made[0]

    def loss(self, marks: Tensor, t: Tensor) -> Tensor:
        """marks [B, L, K], flow time [B] -> [B]: cross-entropy of a frame, less where the noise is gone and
        the sound itself tells."""
        logits = self.out(layer_norm(self.heard.float()))
        error = F.binary_cross_entropy_with_logits(logits, marks.to(logits), reduction="none")
        return (1 - t) * error.sum(-1).mean(-1)
