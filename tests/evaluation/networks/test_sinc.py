"""The sinc resampler against torchaudio's, which the published evaluations use, and against a known tone."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.evaluation.networks.sinc import sinc_resampled

PAIRS = [(44100, 16000), (48000, 16000), (44100, 32000), (22050, 32000), (8000, 16000), (1009, 997)]


def noise(count: int) -> torch.Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(count)) * 2 - 1


@pytest.mark.parametrize(("rate", "wanted"), PAIRS)
def test_equals_torchaudio(rate: int, wanted: int) -> None:
    torchaudio = pytest.importorskip("torchaudio", reason="the other resampler")
    wave = noise(20_011)
    want = torchaudio.transforms.Resample(rate, wanted)(wave)
    got = sinc_resampled(wave, rate, wanted)
    assert got.shape == want.shape
    assert (got - want).abs().max() < 2e-6


def test_a_tone_keeps_its_pitch_and_level() -> None:
    time = torch.arange(44100, dtype=torch.float64) / 44100
    got = sinc_resampled(torch.sin(2 * torch.pi * 1000 * time).float(), 44100, 16000)
    want = torch.sin(2 * torch.pi * 1000 * torch.arange(16000, dtype=torch.float64) / 16000)
    assert (got - want)[100:-100].abs().max() < 5e-3


def test_only_what_is_wanted_is_made() -> None:
    wave = noise(44100)
    assert torch.equal(sinc_resampled(wave, 44100, 16000, 3000), sinc_resampled(wave, 44100, 16000)[:3000])
    assert torch.equal(sinc_resampled(wave, 16000, 16000, 5), wave[:5])
    assert len(sinc_resampled(wave[:1], 44100, 16000)) == 1
