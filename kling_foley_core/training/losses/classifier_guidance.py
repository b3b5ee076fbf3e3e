"""What the generator makes of noise is listened to while it trains: names that are missing or false cost.

    LatentListener   noised latents [B, L, C], flow time [B] -> logits [B, L, K]: `naming`'s names that sound
    Listening        teaches the listener on true latents, and lets it judge what the generator makes

The flow's loss is paid for noise mixed with true sound only: a sample that has gone wrong on its way is
nothing that the network has met. Here it begins with noise alone and goes some of GRID steps by itself,
without gradient; one more step is taken with it, and the listener names what sounds there. The cross-entropy
with the truth pulls towards what the conditions tell, and back what has gone astray.

The listener hears true latents only, at every amount of noise, and is thrown away after. Our addition; the
paper is silent. Fine-tuning on a judge of one's own samples, with the gradient through one step, is ReFL's
(arXiv 2304.05977) and DRaFT's (arXiv 2309.17400): there a late step and a judge of pictures, mostly of
people's taste, here any step and the truth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...flow.path import interpolate
from ...mmdit import Features, MMDiT
from ...networks.temporal_block import TemporalBlock
from ..loop.optimiser import Optimiser
from ..recipe import Optimisation

WIDTH = 128
DILATIONS = (1, 2, 4, 8, 16)  # a second and a half either side
GRID = 8  # steps of a whole way
LEAP = 0.3  # of the way, of the step that is judged: long enough for a name to show in it
FIRST = 1000  # steps in which the listener learns and the generator rests
LR = 1e-3  # of the listener; the schedule is like the generator's


class LatentListener(nn.Module):
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


class Listening:
    """The listener, its optimiser and its judgement. Marks are uint8 [B, L, K] as in `naming`."""

    def __init__(self, latent_dim: int, names: int, optimisation: Optimisation, device: torch.device) -> None:
        self.listener = LatentListener(latent_dim, names).to(device)
        self.optimiser = Optimiser(self.listener.parameters(), replace(optimisation, lr=LR))

    def learn(self, x1: Tensor, marks: Tensor, step: int, draw: torch.Generator) -> Tensor:
        """One step of the listener on true latents x1 [B, L, C] at random times; returns its loss."""
        x0 = torch.randn(x1.shape, generator=draw).to(x1)
        t = torch.rand(len(x1), generator=draw).to(x1)
        loss = self._error(interpolate(x0, x1, t), t, marks)
        self.optimiser.step(loss, step)
        return loss.detach()

    def judged(self, net: MMDiT, features: Features, marks: Tensor, draw: torch.Generator) -> Tensor:
        """The cross-entropy of what `net` makes of noise under `features`, with gradients for `net` alone."""
        shape = (len(marks), marks.shape[1], net.config.latent_dim)
        x0 = torch.randn(shape, generator=draw).to(marks.device)
        alone = int(torch.randint(GRID, (), generator=draw))
        x, t = leap(net, x0, features, alone)
        self.listener.requires_grad_(False)
        error = self._error(x, t, marks)
        self.listener.requires_grad_(True)
        return error

    def _error(self, x: Tensor, t: Tensor, marks: Tensor) -> Tensor:
        """Nats a frame."""
        logits = self.listener(x, t).float()
        error = F.binary_cross_entropy_with_logits(logits, marks.to(logits), reduction="none")
        return error.sum(-1).mean()

    def state_dict(self) -> dict[str, Any]:
        return {"listener": self.listener.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.listener.load_state_dict(state["listener"])
        self.optimiser.load_state_dict(state["optimiser"])


def leap(net: MMDiT, x0: Tensor, features: Features, alone: int) -> tuple[Tensor, Tensor]:
    """From noise x0 [B, L, C], `alone` Euler steps of 1 / GRID without gradient, then one of LEAP with it, to
    the end at most. Returns where that leads [B, L, C], and the time there [B]."""
    conditions = net.condition(features, x0.shape[1])
    x, t = x0, x0.new_zeros(len(x0))
    with torch.no_grad():
        for _ in range(alone):
            x = x + net.velocity(x, t, conditions).float() / GRID
            t = t + 1 / GRID
    torch.clear_autocast_cache()  # older torch keeps casts made without gradient, which would stop it here
    far = min(LEAP, 1 - alone / GRID)
    return x + far * net.velocity(x, t, conditions).float(), t + far
