"""The classifier names what sounds in latents, and what the network makes of noise is classified by it."""

from __future__ import annotations

import copy

import pytest
import torch
from training_shards import TINY, tiny_shards
from training_tiny import FLOW, optimisation

from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.losses.classifier_guidance import (
    GRID,
    LEAP,
    ClassifierGuidance,
    LatentClassifier,
    Noised,
    leap,
)
from kling_foley_core.training.parts.generator_batches import Batch, Crops
from kling_foley_core.training.parts.generator_conditions import features_of

NAMES = ("first", "number 0", "number 1", "number 2", "number 3")
YES = torch.ones(16, dtype=torch.bool)


def network() -> MMDiT:
    torch.manual_seed(0)
    return MMDiT(FLOW)


@pytest.fixture
def batch(tmp_path) -> Batch:
    return Crops(tiny_shards(tmp_path / "shards"), TINY, NAMES).batch([0, 1], 1.6)


def given(net: MMDiT, batch: Batch) -> Features:
    return features_of(net, batch, batch.missing)


def guidance(names: int) -> ClassifierGuidance:
    return ClassifierGuidance(FLOW.latent_dim, names, optimisation(), new_accelerator(cpu=True))


def sounding(count: int, draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents [B, 40, 4]: channel 0 is raised where name 0 holds, and channel 1 all along with name 1."""
    labels = torch.zeros(count, 40, 2, dtype=torch.uint8)
    for item in labels:
        start = int(torch.randint(32, (), generator=draw))
        item[start : start + 8, 0] = 1
        item[:, 1] = int(torch.randint(2, (), generator=draw))
    x1 = 0.5 * torch.randn(count, 40, 4, generator=draw)
    x1[..., :2] += 2.0 * labels - 1.0
    return x1, labels


def test_a_leap_is_euler_steps_and_a_long_one_with_gradient_through_it_alone(batch) -> None:
    net = network()
    features = given(net, batch)
    x0 = torch.randn(2, batch.labels.shape[1], FLOW.latent_dim)
    for steps in (0, 3, GRID - 1):
        x, far = x0, min(LEAP, 1 - steps / GRID)
        for i in range(steps):
            x = (x + net(x, torch.full((2,), i / GRID), features) / GRID).detach()
        last = net(x, torch.full((2,), steps / GRID), features)
        made, t = leap(net, x0, features, steps)
        torch.testing.assert_close(made, x + far * last)
        torch.testing.assert_close(t, torch.full((2,), steps / GRID + far))
        weights = net.final_layer.conv.weight, net.text_input_proj[0].weight  # of the step, of its conditions
        mine = torch.autograd.grad(made.square().sum(), weights)
        plain = torch.autograd.grad((x + far * last).square().sum(), weights)
        torch.testing.assert_close(mine, plain)
    assert float(t[0]) == pytest.approx(1.0)


@pytest.mark.parametrize("steps", [0, 3])
def test_steps_without_gradient_leave_no_casts_behind(batch, steps) -> None:
    """Under autocast every weight learns from the last step, as it does where casts are never kept."""
    net, gradients = network(), []
    x0 = torch.randn(2, batch.labels.shape[1], FLOW.latent_dim)
    for cache in (True, False):
        net.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=cache):
            made, _ = leap(net, x0, given(net, batch), steps)
        made.square().sum().backward()
        gradients.append([p.grad for p in net.parameters()])
    assert all(p is not None for p in gradients[0])
    torch.testing.assert_close(*gradients)


def test_it_learns_to_name_through_noise_what_sounds_when_and_all_along() -> None:
    torch.manual_seed(0)
    guide, draw = guidance(2), torch.Generator().manual_seed(0)
    for step in range(150):
        x1, labels = sounding(16, draw)
        x0, t = torch.randn(x1.shape, generator=draw), torch.rand(16, generator=draw)
        guide.learn([Noised(x0, x1, t, labels, YES)], step)
    x1, labels = sounding(32, draw)
    for t in (0.6, 1.0):
        noised = (1 - t) * torch.randn(x1.shape, generator=draw) + t * x1
        named = guide.classifier(noised, torch.full((32,), t)) > 0
        assert (named == labels.bool()).float().mean(dim=(0, 1)).min() > 0.95


def test_pieces_of_a_batch_teach_what_the_batch_teaches() -> None:
    torch.manual_seed(0)
    whole = guidance(2)
    pieces = copy.deepcopy(whole.classifier.state_dict())
    draw = torch.Generator().manual_seed(0)
    x1, labels = sounding(16, draw)
    batch = Noised(torch.randn(x1.shape, generator=draw), x1, torch.rand(16, generator=draw), labels, YES)
    loss = whole.learn([batch], 0)
    parted = guidance(2)
    parted.classifier.load_state_dict(pieces)
    losses = parted.learn([Noised(*(t[i : i + 4] for t in batch)) for i in range(0, 16, 4)], 0)
    torch.testing.assert_close(loss, losses)
    torch.testing.assert_close(whole.classifier.state_dict(), parted.classifier.state_dict())


def test_the_classifier_is_given_the_amount_of_noise() -> None:
    torch.manual_seed(0)
    classifier, x = LatentClassifier(4, 2), torch.randn(1, 40, 4)
    assert not torch.allclose(classifier(x, torch.tensor([0.1])), classifier(x, torch.tensor([0.9])))


def test_the_loss_moves_the_network_and_never_the_classifier(batch) -> None:
    """A step against its gradient lowers it, for several lengths of the way; what has no labels has none."""
    net, guide = network(), guidance(5)
    for steps in range(GRID):
        tried = copy.deepcopy(net)
        x0 = torch.randn(
            2, batch.labels.shape[1], FLOW.latent_dim, generator=torch.Generator().manual_seed(steps)
        )

        def error(tried=tried, x0=x0, steps=steps, labelled=batch.labelled) -> torch.Tensor:
            return guide.loss(tried, x0, given(tried, batch), steps, batch.labels, labelled)

        before = error().mean()
        before.backward()
        assert all(p.grad is None and p.requires_grad for p in guide.classifier.parameters())
        with torch.no_grad():
            for p in tried.parameters():
                if p.grad is not None:
                    p -= 1e-3 * p.grad
        assert error().mean() < before
    assert error(labelled=torch.tensor([True, False]))[1] == 0
