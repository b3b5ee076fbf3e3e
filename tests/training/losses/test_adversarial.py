"""The codec's losses against plain twins."""

from __future__ import annotations

import math

import pytest
import torch

from kling_foley_core.codec import Posterior
from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.losses.adversarial import (
    generator_loss,
    gradient_ratio,
    hinge_loss,
    kl_per_dimension,
    over_margin,
    r1_penalty,
)
from kling_foley_core.training.losses.discriminator import DiscriminatorConfig, MelDiscriminator
from kling_foley_core.training.parts.codec_stages import Stages

ONE = new_accelerator(cpu=True)


def posterior() -> Posterior:
    torch.manual_seed(0)
    return Posterior(torch.randn(2, 3, 5), torch.randn(2, 3, 5))


def test_kl_is_that_of_torch_distributions() -> None:
    p = posterior()
    each = torch.distributions.kl_divergence(
        torch.distributions.Normal(p.mean, p.std), torch.distributions.Normal(0.0, 1.0)
    )
    assert torch.allclose(kl_per_dimension(p), each.mean((0, 2)), atol=1e-6)


def test_below_the_margin_kl_costs_nothing_and_has_no_gradient() -> None:
    p = posterior()
    mean = p.mean.clone().requires_grad_(True)
    p = Posterior(mean, p.logvar)
    total = float(kl_per_dimension(p).sum().detach())
    assert float(over_margin(kl_per_dimension(p).sum(), total - 0.5, ONE).detach()) == pytest.approx(
        0.5, abs=1e-5
    )
    below = over_margin(kl_per_dimension(p).sum(), total + 0.5, ONE)
    below.backward()
    assert float(below.detach()) == 0 and not mean.grad.any()


def test_hinge_counts_only_what_is_not_clearly_discriminatord() -> None:
    real, fake = torch.tensor([[2.0, 0.5]]), torch.tensor([[-3.0, 0.0]])
    assert float(hinge_loss(real, fake)) == pytest.approx(0.25 + 0.5)
    assert float(generator_loss(fake)) == pytest.approx(1.5)


def test_r1_is_the_squared_gradient_found_by_differences() -> None:
    torch.manual_seed(1)
    discriminator = MelDiscriminator(DiscriminatorConfig(width=2)).double()
    real = torch.randn(2, 32, 32, dtype=torch.float64)
    patches = discriminator(real).shape[1]
    pixels = [(0, 3, 4), (1, 20, 7), (0, 31, 31), (1, 0, 16)]
    leaf = real.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(leaf).sum(), leaf)
    for at in pixels:
        moved = [real.clone(), real.clone()]
        moved[0][at] += 1e-4
        moved[1][at] -= 1e-4
        by_difference = (
            discriminator(moved[0]).double().sum() - discriminator(moved[1]).double().sum()
        ).item() / 2e-4
        assert by_difference == pytest.approx(float(gradient[at]), rel=2e-2, abs=2e-3)
    expected = sum(float(g.square().sum()) for g in gradient) / 2 / patches
    penalty = r1_penalty(discriminator, real)
    assert penalty.item() == pytest.approx(expected, rel=1e-4)
    penalty.backward()
    assert discriminator.layers[0].weight.grad.abs().sum() > 0, "the penalty trains the discriminator"


def test_the_ratio_makes_the_gradients_equally_long() -> None:
    at = torch.tensor([1.0, 2.0], requires_grad=True)
    one, two = (3 * at).sum(), (at * at).sum() * 100
    weight = gradient_ratio(one, two, at, ONE)
    assert float(weight) == pytest.approx(3 * math.sqrt(2) / (200 * math.sqrt(5)), rel=1e-5)
    assert float(gradient_ratio(one, 0 * two, at, ONE)) == pytest.approx(1e4), (
        "bounded where the discriminator says nothing"
    )


def test_stages_are_those_of_algorithm_2() -> None:
    stages = Stages(stage1_end=10, stage2_end=20, stage3_end=40, kl_upper=2.0, gan_upper=0.5)
    assert [stages.kl(s) for s in (0, 10, 15, 20, 99)] == [0, 0, 1, 2, 2]
    assert [stages.gan(s) for s in (0, 20, 30, 40, 99)] == [0, 0, 0.25, 0.5, 0.5]
    assert [stages.adversarial(s) for s in (19, 20)] == [False, True]
    assert [stages.encoder_frozen(s) for s in (39, 40)] == [False, True]
    with pytest.raises(InputError, match="10, 10, 40"):
        Stages(10, 10, 40, 1.0, 1.0)
