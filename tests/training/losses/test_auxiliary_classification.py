"""The auxiliary classifier reads off the network what its conditions tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_shards import TINY, tiny_shards
from training_tiny import FLOW

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.training.losses.auxiliary_classification import AuxiliaryClassifier, hidden_states
from kling_foley_core.training.parts.generator_batches import Batch, Crops
from kling_foley_core.training.parts.generator_conditions import features_of

NAMES = ("first", "number 0", "number 1", "number 2", "number 3")


def batch_of(folder, indices: list[int]) -> Batch:
    return Crops(tiny_shards(folder / "shards", seconds=(4.0,)), TINY, NAMES).batch(indices, 1.6)


def test_the_network_learns_to_bring_what_only_the_text_tells(tmp_path) -> None:
    """The sample's name is in its text alone, all else is the same: it is named, and with another's text
    another is named."""
    torch.manual_seed(0)
    net, batch = MMDiT(FLOW), batch_of(tmp_path, [0, 1, 2, 3])
    classifier = AuxiliaryClassifier(FLOW.hidden_dim, 5)
    x, t = torch.randn(1, batch.latent.shape[2], 4).expand(4, -1, -1), torch.zeros(4)
    optimiser = torch.optim.Adam([*net.parameters(), *classifier.parameters()], lr=3e-3)

    def loss(text: torch.Tensor = batch.text) -> torch.Tensor:
        with hidden_states(net) as hidden:
            net(x, t, features_of(net, replace(batch, text=text), batch.missing))
        return classifier.loss(hidden[0], batch.labels, batch.labelled, t).mean()

    first = loss().item()
    for _ in range(200):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert loss().item() < 0.3 * first < 0.8 * first < loss(batch.text.roll(1, 0)).item()


def test_the_loss_counts_less_where_the_noise_is_gone_and_nothing_without_labels(tmp_path) -> None:
    batch, t = batch_of(tmp_path, [0, 0, 0]), torch.tensor([0.25, 1.0, 0.25])
    hidden, labelled = torch.randn(3, batch.latent.shape[2], 32), torch.tensor([True, True, False])
    given = AuxiliaryClassifier(32, 5).loss(hidden, batch.labels, labelled, t)
    sure = torch.log1p(torch.exp(torch.tensor([-3.0, 3.0])))  # of a name that does not hold, of one that does
    assert given[1] == given[2] == 0
    assert given[0].item() == pytest.approx(0.75 * float(3 * sure[0] + 2 * sure[1]), abs=0.02)


def test_nothing_is_kept_of_passes_outside() -> None:
    net = MMDiT(FLOW)
    with hidden_states(net):
        pass
    assert not net.joint_blocks[-1]._forward_hooks
