"""InverseLR against its closed form."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_runs import OPTIMISATION

from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.optimiser import Optimiser
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.schedule import inverse_lr

PLAIN = replace(OPTIMISATION, lr=0.1, lr_final=0.01, inv_gamma=10.0, power=1.0, warmup=0.0)


def test_without_warmup_it_is_base_over_one_plus_t() -> None:
    assert inverse_lr(0, PLAIN) == pytest.approx(0.1)
    assert inverse_lr(10, PLAIN) == pytest.approx(0.05)
    assert inverse_lr(30, PLAIN) == pytest.approx(0.025)
    assert inverse_lr(10**6, PLAIN) == pytest.approx(0.01), "never below lr_final"


def test_warmup_is_one_minus_w_to_the_step_plus_one() -> None:
    warm = replace(PLAIN, warmup=0.5)
    for step, share in ((0, 0.5), (1, 0.75), (2, 0.875)):
        assert inverse_lr(step, warm) == pytest.approx(inverse_lr(step, PLAIN) * share)
    with pytest.raises(InputError, match="warmup = 1.0"):
        inverse_lr(0, replace(PLAIN, warmup=1.0))


def test_the_optimiser_uses_it_and_limits_the_gradient() -> None:
    network = torch.nn.ParameterList([torch.tensor([1.0, 1.0])])
    (weight,) = network
    optimiser = Optimiser(network, replace(PLAIN, max_norm=0.5), new_accelerator(cpu=True))
    norm = optimiser.step((weight * torch.tensor([3.0, 4.0])).sum(), 10)
    assert float(norm) == pytest.approx(5.0)
    assert float(weight.grad.norm()) == pytest.approx(0.5, rel=1e-4)
    # Adam's first step is one learning rate long in every coordinate.
    assert torch.allclose(weight.detach(), torch.tensor([0.95, 0.95]), atol=1e-5)
