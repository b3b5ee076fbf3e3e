"""Classifier guidance while the generator trains: what it makes of noise is classified, and names of sounds
that are missing or false cost.

    LatentClassifier    noised latents [B, L, C], flow time [B] -> logits [B, L, K]: the names that sound
    ClassifierGuidance  trains the classifier on true latents, and gives the generator its loss

The flow's loss is paid for noise mixed with true sound only: a sample that has gone wrong on its way is
nothing that the network has met. Here it begins with noise alone and goes some of GRID steps by itself,
without gradient; one more step is taken with it, and the classifier says what sounds there. The cross-entropy
with the labels pulls towards what the conditions tell, and back what has gone astray.

The classifier learns from true latents only, at every amount of noise, and is thrown away after. Our
addition; the paper is silent. Fine-tuning on a reward of one's own samples, with the gradient through one
step, is ReFL's (arXiv 2304.05977) and DRaFT's (arXiv 2309.17400): there a late step and a reward of pictures,
mostly of people's taste, here any step and labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from ...flow.path import interpolate
from ...mmdit import Features, MMDiT
from ...networks.temporal_block import TemporalBlock
from ..loop.optimiser import Optimiser
from ..recipe import Optimisation
from .auxiliary_classification import frame_error

if TYPE_CHECKING:
    from accelerate import Accelerator

WIDTH = 128
DILATIONS = (1, 2, 4, 8, 16)  # a second and a half either side
GRID = 8  # steps of a whole way
LEAP = 0.3  # of the way, of the step that is classified: long enough for a name to show in it
LR = 1e-3  # of the classifier; the schedule is like the generator's


class LatentClassifier(nn.Module):
    def __init__(self, latent_dim: int, names: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(latent_dim + 1, WIDTH, 5, padding=2)
        self.near = nn.Sequential(*(TemporalBlock(WIDTH, 5, dilation, nn) for dilation in DILATIONS))
        self.whole = nn.Linear(2 * WIDTH, WIDTH)
        self.last = TemporalBlock(WIDTH, 5, 1, nn)
        self.out = nn.Linear(WIDTH, names)
        nn.init.constant_(self.out.bias, -3.0)  # names are rare: about one in twenty holds

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        noise = (1 - t)[:, None, None].expand(-1, 1, x.shape[1])
        h = self.near(self.embed(torch.cat([x.transpose(1, 2), noise.to(x)], dim=1)))
        whole = self.whole(torch.cat([h.mean(-1), h.amax(-1)], dim=-1))
        return self.out(self.last(h + whole[..., None]).transpose(1, 2))


class Noised(NamedTuple):
    """True latents x1 [B, L, C] with noise x0 and times t [B], and their labels [B, L, K], [B]."""

    x0: Tensor
    x1: Tensor
    t: Tensor
    labels: Tensor
    labelled: Tensor


class ClassifierGuidance:
    """The classifier, its optimiser and the loss it gives."""

    def __init__(
        self, latent_dim: int, names: int, optimisation: Optimisation, accelerator: Accelerator
    ) -> None:
        self.classifier = LatentClassifier(latent_dim, names).to(accelerator.device)
        self.optimiser = Optimiser(self.classifier, replace(optimisation, lr=LR), accelerator)

    def learn(self, batches: Sequence[Noised], index: int) -> Tensor:
        """One step of the classifier; returns its loss."""
        losses: list[Tensor] = []

        def loss_of(b: Noised) -> Tensor:
            error = frame_error(self.classifier(interpolate(b.x0, b.x1, b.t), b.t), b.labels)
            losses.append((b.labelled * error).mean())
            return losses[-1]

        self.optimiser.accumulated_step([lambda _, b=b: loss_of(b) for b in batches], index)
        return torch.stack([loss.detach() for loss in losses]).mean()

    def loss(
        self, net: MMDiT, x0: Tensor, features: Features, steps: int, labels: Tensor, labelled: Tensor
    ) -> Tensor:
        """[B]: the cross-entropy of what `net` makes of noise x0 [B, L, C] in `steps` (below GRID) steps and
        one more, with gradients for `net` alone."""
        x, t = leap(net, x0, features, steps)
        self.classifier.requires_grad_(False)
        error = labelled * frame_error(self.classifier(x, t), labels)
        self.classifier.requires_grad_(True)
        return error

    def state_dict(self) -> dict[str, Any]:
        return {"classifier": self.classifier.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.classifier.load_state_dict(state["classifier"])
        self.optimiser.load_state_dict(state["optimiser"])


def leap(net: MMDiT, x0: Tensor, features: Features, steps: int) -> tuple[Tensor, Tensor]:
    """From noise x0 [B, L, C], `steps` Euler steps of 1 / GRID without gradient, then one of LEAP with it, to
    the end at most. Returns where that leads [B, L, C], and the time there [B]."""
    conditions = net.condition(features, x0.shape[1])
    x, t = x0, x0.new_zeros(len(x0))
    with torch.no_grad():
        for _ in range(steps):
            x = x + net.velocity(x, t, conditions).float() / GRID
            t = t + 1 / GRID
    torch.clear_autocast_cache()  # older torch keeps casts made without gradient, which would stop it here
    far = min(LEAP, 1 - steps / GRID)
    return x + far * net.velocity(x, t, conditions).float(), t + far
