"""Errors of the stereo picture, of noise whose sides are known."""

from __future__ import annotations

import math

import pytest
import torch

from kling_foley_core.evaluation.measures.stereo_error import pan_error, side_mid_db, side_mid_error

RATE = 16000
DRAW = torch.Generator().manual_seed(0)
LEFT, RIGHT = 0.1 * torch.randn(2, RATE, generator=DRAW)


def placed(x: float) -> torch.Tensor:
    """One noise at -1 left to 1 right, of constant power."""
    angle = math.pi / 4 * (x + 1)
    return torch.stack([math.cos(angle) * LEFT, math.sin(angle) * LEFT])


def test_side_and_mid_by_hand() -> None:
    assert side_mid_db(torch.stack([LEFT, RIGHT])) == pytest.approx(0.0, abs=0.3)  # nothing in common
    assert side_mid_db(torch.stack([LEFT, LEFT])) == -60.0
    assert side_mid_db(torch.stack([LEFT, -LEFT])) == 60.0
    assert side_mid_db(torch.stack([3 * LEFT, LEFT])) == pytest.approx(20 * math.log10(1 / 2), abs=1e-3)
    narrow = torch.stack([3 * LEFT, LEFT])
    wide = torch.stack([3 * LEFT, -LEFT])
    assert side_mid_error(wide, narrow) == pytest.approx(40 * math.log10(2), abs=1e-3)
    assert side_mid_error(7 * narrow, narrow) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize(
    ("decoded", "original", "error"), [(0.5, 0.5, 0.0), (0.0, 1.0, 1.0), (-0.3, 0.4, 0.7)]
)
def test_pan_errors_are_distances(decoded: float, original: float, error: float) -> None:
    assert pan_error(placed(decoded), placed(original), RATE) == pytest.approx(error, abs=1e-3)


def test_loud_windows_weigh_more() -> None:
    """Right in its loud half, mono in the quiet one, of a hundredth of the power."""
    level = torch.ones(RATE)
    level[RATE // 2 :] = 0.1
    original = level * placed(1.0)
    decoded = torch.cat([original[:, : RATE // 2], (level * placed(0.0))[:, RATE // 2 :]], dim=1)
    assert 0.005 < pan_error(decoded, original, RATE) < 0.02
