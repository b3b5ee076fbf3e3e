"""What sounds is named along the way: a linear layer reads the names of a clip's sounds off the generator.

    marks   uint8 [L, K]: which of K names hold in each latent frame, from the world's truth: kind and
            material of hits and flows, the instant of a hit, the ambience while it is heard, the room
    Namer   the audio stream behind the joint blocks [B, L, D] -> logits [B, L, K], compared with the marks

Its cross-entropy is added to the flow's loss and the layer is thrown away. Our addition; the paper is silent.
What only a word tells moves the flow's loss by a hundredth, and 10 000 steps hardly taught it. Asked for the
names, the first blocks learn to bring to each frame what is said and seen of it, and the last ones sound it.
REPA (arXiv 2410.06940) aligns with a frozen encoder in the same place; here the truth is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...codec.presets import LATENT_RATE_44K
from ...foley_world import Truth
from ...foley_world.truth import AUDIBLE, TRUTH_RATE
from ...mmdit import MMDiT
from ...mmdit.layers import layer_norm

RINGS = 0.15  # seconds in which a hit counts as sounding

Span = tuple[str, float, float]  # a name and the seconds in which it holds


def spans_of(truth: Truth) -> list[Span]:
    """Everything there is to name in a clip."""
    spans: list[Span] = [(f"room {truth.room}", 0.0, truth.seconds)]
    for event in truth.events:
        end = event.time + RINGS + event.lasts
        spans += [(what, event.time, end) for what in (f"hit {event.kind}", f"of {event.material}")]
        spans.append(("impact", event.time, event.time))
    for flow in truth.flows:
        spans += [
            (what, *span) for span in flow.spans for what in (f"flow {flow.kind}", f"of {flow.material}")
        ]
    if truth.ambience is not None:
        envelope = np.array(truth.ambience.envelope)
        last = np.flatnonzero(envelope > AUDIBLE * envelope.max())[-1]
        spans.append((f"ambience {truth.ambience.kind}", 0.0, float(last + 1) / TRUTH_RATE))
    return spans


def names_in(clips: Iterable[list[Span]]) -> list[str]:
    """All names, in order."""
    return sorted({name for spans in clips for name, _, _ in spans})


def marks_of(spans: list[Span], names: list[str], latents: int) -> Tensor:
    """uint8 [latents, K]: 1 in every frame that a span touches. A name that is not among `names` (one that no
    training clip has) is left out."""
    marks, row = torch.zeros(latents, len(names), dtype=torch.uint8), {n: i for i, n in enumerate(names)}
    for name, start, end in spans:
        if name in row:
            first = math.floor(start * LATENT_RATE_44K)
            marks[first : max(math.ceil(end * LATENT_RATE_44K), first + 1), row[name]] = 1
    return marks


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
