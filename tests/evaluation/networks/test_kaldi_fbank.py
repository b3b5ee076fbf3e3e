"""Kaldi's filterbank is torchaudio's."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.evaluation.networks.kaldi_fbank import RATE, kaldi_fbank


@pytest.mark.parametrize("bands", [128, 40])
def test_equal_to_torchaudio(bands: int) -> None:
    kaldi = pytest.importorskip("torchaudio.compliance.kaldi", reason="torchaudio is in the dev extra")
    t = torch.arange(RATE) / RATE
    wave = 0.3 * torch.sin(2 * torch.pi * (200 + 3000 * t) * t) + 0.05
    wave += 0.01 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    wave[4000:8000] = 0.05  # silence with an offset
    want = kaldi.fbank(
        wave[None],
        htk_compat=True,
        sample_frequency=RATE,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=bands,
        dither=0.0,
        frame_length=25,
        frame_shift=10,
    )
    got = kaldi_fbank(wave, bands)
    assert got.shape == want.shape == (98, bands)
    torch.testing.assert_close(got, want, atol=2e-3, rtol=0)
    assert (got - want).abs().mean() < 2e-5


def test_a_tone_is_loudest_in_its_own_band() -> None:
    """1000 Hz lies at mel 1000 of 31.7 .. 2840, which 80 bands divide."""
    wave = torch.sin(2 * torch.pi * 1000 * torch.arange(RATE) / RATE)
    place = (999.99 - 31.75) / (2840.02 - 31.75) * 81 - 1
    assert abs(int(kaldi_fbank(wave, 80).mean(0).argmax()) - place) <= 1
