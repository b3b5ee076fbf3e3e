"""Names of what sounds are learned by the network that is asked for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_tiny import FLOW, scenes

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.training.losses.auxiliary_classification import Namer
from kling_foley_core.training.parts.generator import Missing, features_of


def test_the_network_learns_to_bring_what_only_the_text_tells() -> None:
    """The scene's name is in its text alone, all else is the same: it is named, and with another's text
    another is named."""
    torch.manual_seed(0)
    net, data = MMDiT(FLOW), scenes(seconds=(4,))
    namer = Namer(net, 5)
    batch = data.crops([(i, 0) for i in range(4)], 40)
    none = torch.zeros(4, dtype=torch.bool)
    x, t = torch.randn(1, batch.latent.shape[2], 4).expand(4, -1, -1), torch.zeros(4)
    optimiser = torch.optim.Adam([*net.parameters(), *namer.parameters()], lr=3e-3)

    def loss(text: torch.Tensor = batch.text) -> torch.Tensor:
        net(x, t, features_of(net, replace(batch, text=text), Missing(none, none, none)))
        return namer.loss(batch.marks, t).mean()

    first = loss().item()
    for _ in range(200):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert loss().item() < 0.3 * first < 0.8 * first < loss(batch.text.roll(1, 0)).item()


def test_the_loss_counts_less_where_the_noise_is_gone() -> None:
    net, data = MMDiT(FLOW), scenes()
    namer, batch = Namer(net, 5), data.crops([(0, 0), (0, 0)], 40)
    none = torch.zeros(2, dtype=torch.bool)
    t = torch.tensor([0.25, 1.0])
    net(torch.zeros(2, batch.latent.shape[2], 4), t, features_of(net, batch, Missing(none, none, none)))
    given = namer.loss(batch.marks, t)
    sure = torch.log1p(torch.exp(torch.tensor([-3.0, 3.0])))  # of a name that does not hold, of one that does
    assert given[1] == 0
    assert given[0].item() == pytest.approx(0.75 * float(3 * sure[0] + 2 * sure[1]), abs=0.02)
