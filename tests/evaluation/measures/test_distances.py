"""Distances between waves against values worked out by hand."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace

import pytest
import torch

from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.evaluation.measures import distances as d

NOISE = torch.randn(44100, generator=torch.Generator().manual_seed(0)) * 0.1


def test_ratios_by_hand() -> None:
    wave = torch.tensor([3.0, 4.0, 0.0, 0.0])
    off = wave + torch.tensor([0.0, 0.0, 0.5, 0.0])
    assert d.sdr(off, wave) == pytest.approx(20.0, abs=1e-3)  # 25 / 0.25
    assert d.si_sdr(off, wave) == pytest.approx(20.0, abs=1e-3)
    assert d.si_sdr(7 * off, wave) == pytest.approx(20.0, abs=1e-3)
    assert d.sdr(0.5 * wave, wave) == pytest.approx(10 * math.log10(4), abs=1e-3)


def test_ten_times_louder() -> None:
    loud = 10 * NOISE
    assert d.log_spectral_distance(loud, NOISE) == pytest.approx(2.0, rel=1e-3)
    assert d.mel_cepstral_distortion(loud, NOISE, MEL_44K) == pytest.approx(0.0, abs=1e-3)
    mel = d.mel_distance(loud, NOISE, MEL_44K) - 9 * d._mel(NOISE, MEL_44K).mean()
    assert float(mel) == pytest.approx(2.0, rel=1e-3)


def test_cepstral_distortion_of_one_ripple() -> None:
    cosines = d._cosines(128)
    assert torch.allclose(cosines @ cosines.T, torch.eye(13), atol=1e-5)
    assert torch.allclose(cosines @ torch.ones(128), torch.zeros(13), atol=1e-4)


def test_the_same_is_no_distance() -> None:
    assert d.log_spectral_distance(NOISE, NOISE) == d.stft_distance(NOISE, NOISE) == 0.0
    assert d.mel_distance(NOISE, NOISE, MEL_44K) == 0.0
    assert d.sdr(NOISE, NOISE) > 60


def test_pesq_gets_original_first_at_16_khz(monkeypatch) -> None:
    seen = []

    def fake(rate, reference, degraded, mode):
        seen.append((rate, len(reference), abs(reference).max() > abs(degraded).max(), mode))
        return 3.5

    monkeypatch.setitem(sys.modules, "pesq", SimpleNamespace(pesq=fake))
    assert d.pesq(0.1 * NOISE, NOISE, 44100) == 3.5
    assert seen == [(16000, 16000, True, "wb")]
