"""The listener names what sounds in latents, and what the network makes of noise is judged by it."""

from __future__ import annotations

import copy

import pytest
import torch
from training_tiny import FLOW, optimisation, scenes

from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.training.losses.classifier_guidance import GRID, LEAP, LatentListener, Listening, leap
from kling_foley_core.training.parts.generator import Missing, features_of

CPU = torch.device("cpu")


def network() -> MMDiT:
    torch.manual_seed(0)
    return MMDiT(FLOW)


def given(net: MMDiT, items: int = 2) -> tuple[Features, torch.Tensor]:
    """Features and marks of a batch."""
    batch = scenes().crops([(i, 0) for i in range(items)], 40)
    none = torch.zeros(items, dtype=torch.bool)
    return features_of(net, batch, Missing(none, none, none)), batch.marks


def sounding(count: int, draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents [B, 40, 4]: channel 0 is raised where name 0 holds, and channel 1 all along with name 1."""
    marks = torch.zeros(count, 40, 2, dtype=torch.uint8)
    for item in marks:
        start = int(torch.randint(32, (), generator=draw))
        item[start : start + 8, 0] = 1
        item[:, 1] = int(torch.randint(2, (), generator=draw))
    x1 = 0.5 * torch.randn(count, 40, 4, generator=draw)
    x1[..., :2] += 2.0 * marks - 1.0
    return x1, marks


def test_a_leap_is_euler_steps_and_a_long_one_with_gradient_through_it_alone() -> None:
    net = network()
    features, marks = given(net)
    x0 = torch.randn(2, marks.shape[1], FLOW.latent_dim)
    for alone in (0, 3, GRID - 1):
        x, far = x0, min(LEAP, 1 - alone / GRID)
        for i in range(alone):
            x = (x + net(x, torch.full((2,), i / GRID), features) / GRID).detach()
        last = net(x, torch.full((2,), alone / GRID), features)
        made, t = leap(net, x0, features, alone)
        torch.testing.assert_close(made, x + far * last)
        torch.testing.assert_close(t, torch.full((2,), alone / GRID + far))
        weights = net.final_layer.conv.weight, net.text_input_proj[0].weight  # of the step, of its conditions
        mine = torch.autograd.grad(made.square().sum(), weights)
        plain = torch.autograd.grad((x + far * last).square().sum(), weights)
        torch.testing.assert_close(mine, plain)
    assert float(t[0]) == pytest.approx(1.0)


@pytest.mark.parametrize("alone", [0, 3])
def test_steps_without_gradient_leave_no_casts_behind(alone) -> None:
    """Under autocast every weight learns from the last step, as it does where casts are never kept."""
    net, gradients = network(), []
    x0 = torch.randn(2, given(net)[1].shape[1], FLOW.latent_dim)
    for cache in (True, False):
        net.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=cache):
            made, _ = leap(net, x0, given(net)[0], alone)
        made.square().sum().backward()
        gradients.append([p.grad for p in net.parameters()])
    assert all(p is not None for p in gradients[0])
    torch.testing.assert_close(*gradients)


def test_it_learns_to_hear_through_noise_what_sounds_when_and_all_along() -> None:
    torch.manual_seed(0)
    listening, draw = Listening(4, 2, optimisation(), CPU), torch.Generator().manual_seed(0)
    for step in range(150):
        listening.learn(*sounding(16, draw), step, draw)
    x1, marks = sounding(32, draw)
    for t in (0.6, 1.0):
        noised = (1 - t) * torch.randn(x1.shape, generator=draw) + t * x1
        heard = listening.listener(noised, torch.full((32,), t)) > 0
        assert (heard == marks.bool()).float().mean(dim=(0, 1)).min() > 0.95


def test_the_amount_of_noise_is_told() -> None:
    torch.manual_seed(0)
    listener, x = LatentListener(4, 2), torch.randn(1, 40, 4)
    assert not torch.allclose(listener(x, torch.tensor([0.1])), listener(x, torch.tensor([0.9])))


def test_judging_moves_the_network_and_never_the_listener() -> None:
    """A step against the judgement's gradient lowers it, for several lengths of the way."""
    net = network()
    listening = Listening(FLOW.latent_dim, 5, optimisation(), CPU)
    for draw in range(12):
        tried = copy.deepcopy(net)
        features, marks = given(tried)
        error = listening.judged(tried, features, marks, torch.Generator().manual_seed(draw))
        error.backward()
        assert all(p.grad is None and p.requires_grad for p in listening.listener.parameters())
        with torch.no_grad():
            for p in tried.parameters():
                if p.grad is not None:
                    p -= 1e-3 * p.grad
        features, _ = given(tried)
        assert listening.judged(tried, features, marks, torch.Generator().manual_seed(draw)) < error
