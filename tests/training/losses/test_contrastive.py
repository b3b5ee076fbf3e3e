"""The contrastive loss against a plain twin, its smallest value, and the measure of what is found."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from kling_foley_core.training.losses.contrastive import LARGEST_SCALE, Scale, found, info_nce


def plain(a: torch.Tensor, b: torch.Tensor, scale: float) -> float:
    """One group, thing by thing."""
    total, n = 0.0, len(a)
    for i in range(n):
        forth = [math.exp(scale * float(a[i] @ b[j])) for j in range(n)]
        back = [math.exp(scale * float(b[i] @ a[j])) for j in range(n)]
        total -= math.log(forth[i] / sum(forth)) + math.log(back[i] / sum(back))
    return total / (2 * n)


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_equals_the_plain_twin() -> None:
    a, b = unit(5, 8), unit(5, 8, seed=1)
    assert float(info_nce(a, b, torch.tensor(7.0))) == pytest.approx(plain(a, b, 7.0), rel=1e-5)


def test_groups_are_apart() -> None:
    a, b = unit(3, 5, 8), unit(3, 5, 8, seed=1)
    wanted = sum(plain(x, y, 4.0) for x, y in zip(a, b, strict=True)) / 3
    assert float(info_nce(a, b, torch.tensor(4.0))) == pytest.approx(wanted, rel=1e-5)


def test_partners_that_agree_cost_nothing_and_all_alike_costs_a_guess() -> None:
    a = torch.eye(6)
    assert float(info_nce(a, a, torch.tensor(100.0))) < 1e-6
    alike = torch.ones(6, 4) / 2
    assert float(info_nce(alike, alike, torch.tensor(100.0))) == pytest.approx(math.log(6), rel=1e-5)


def test_found_counts_the_right_partners() -> None:
    a = torch.eye(4)
    assert found(a, a) == 1
    shifted = a.roll(1, 0)  # each partner is one place further
    assert found(a, shifted) == 0 and found(a, shifted, within=1) == 0.75


def test_the_scale_is_limited() -> None:
    scale = Scale()
    assert float(scale()) == pytest.approx(10.0)
    torch.nn.init.constant_(scale.log, 99.0)
    assert float(scale()) == pytest.approx(LARGEST_SCALE)
