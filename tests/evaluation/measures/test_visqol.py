"""ViSQOL: what the package is given, and how it orders sounds where it is installed."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from kling_foley_core.evaluation.measures import visqol

RATE = 16000
NOISE = 0.1 * torch.randn(2 * RATE, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def another_judge_afterwards():
    visqol._judge.cache_clear()
    yield
    visqol._judge.cache_clear()


def test_the_original_comes_first_at_48_khz(monkeypatch) -> None:
    seen = []

    class Api:
        def create(self, mode: str) -> None:
            seen.append(mode)

        def measure_from_arrays(self, original, decoded, rate):
            seen.append((len(original), abs(original).max() > abs(decoded).max(), rate, original.dtype.name))
            return SimpleNamespace(moslqo=4.2)

    monkeypatch.setitem(sys.modules, "visqol", SimpleNamespace(VisqolApi=Api))
    assert visqol.visqol(0.1 * NOISE, NOISE, RATE) == 4.2
    assert visqol.visqol(0.1 * NOISE, NOISE, RATE) == 4.2
    assert seen == ["audio", (96000, True, 48000, "float64"), (96000, True, 48000, "float64")]


def test_noise_lowers_it() -> None:
    pytest.importorskip("visqol", reason="needs visqol-python, of the extra evaluate")
    time = torch.arange(2 * RATE) / RATE
    wave = 0.2 * torch.sin(2 * torch.pi * 440 * time) * (1 + torch.sin(2 * torch.pi * 3 * time))
    same, little, much = (visqol.visqol(wave + level * NOISE, wave, RATE) for level in (0, 0.05, 1))
    assert 5 >= same > 4.4 > little > much >= 1
