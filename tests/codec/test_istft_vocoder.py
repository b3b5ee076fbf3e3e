"""The inverse-STFT vocoder and the transform below it: exactness, framing, level, locality."""

from __future__ import annotations

import pytest
import torch
from codec_networks import ISTFT, MEL, seeded

from kling_foley_core.codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from kling_foley_core.codec.mel import LogMel
from kling_foley_core.codec.stft import spectrum, wave_from_spectrum
from kling_foley_core.errors import InputError


@pytest.mark.parametrize("n_fft, hop", [(256, 64), (2048, 512), (1024, 512), (96, 32)])
@pytest.mark.parametrize("edges", ["constant", "reflect"])
def test_the_inverse_transform_is_exact(n_fft: int, hop: int, edges: str) -> None:
    wave = torch.rand(2, 9 * hop, generator=torch.Generator().manual_seed(0)) * 2 - 1
    frames = spectrum(wave, n_fft, hop, edges=edges)
    assert frames.shape == (2, n_fft // 2 + 1, 9)
    torch.testing.assert_close(wave_from_spectrum(frames, n_fft, hop), wave, atol=1e-6, rtol=0)


@pytest.mark.parametrize("frames", [1, 2, 3, 50])
@torch.inference_mode()
def test_n_frames_give_n_hops(frames: int) -> None:
    wave = seeded(ISTFTVocoder, ISTFT)(torch.randn(2, 20, frames))
    assert wave.shape == (2, 1, frames * 64) and wave.dtype == torch.float32 and wave.isfinite().all()


@torch.inference_mode()
def test_it_is_deterministic_and_its_reach_is_no_more_than_it_needs() -> None:
    net = seeded(ISTFTVocoder, ISTFT)
    mel = torch.randn(1, 20, 41, generator=torch.Generator().manual_seed(0))
    wave = net(mel)
    assert torch.equal(wave, net(mel))
    changed = mel.clone()
    changed[..., 20] += 1
    hops = (net(changed) - wave).abs().view(41, 64).amax(1).nonzero().flatten()
    for reached in (20 - hops.min(), hops.max() - 20):  # the outermost windows' ends are lost in rounding
        assert net.reach - 3 <= reached <= net.reach


@torch.inference_mode()
def test_started_from_the_envelope_it_has_the_mels_level_before_training() -> None:
    net = seeded(ISTFTVocoder, ISTFT)
    wave = torch.randn(1, 64 * 200, generator=torch.Generator().manual_seed(0))
    wave = wave * torch.linspace(0.01, 0.2, wave.shape[-1])
    mel = LogMel(MEL)(wave)
    net.start_from_envelope(MEL)
    heard = LogMel(MEL)(net(mel).squeeze(1))
    difference = (heard - mel)[..., 4:-4]
    assert difference.mean().abs() < 1.0  # nepers; the mel itself spans more than 3 between start and end
    assert mel[..., -20:].mean() - mel[..., :20].mean() > 2
    assert heard[..., -20:].mean() - heard[..., :20].mean() > 2


@torch.inference_mode()
def test_no_mel_can_make_it_explode() -> None:
    wave = seeded(ISTFTVocoder, ISTFT)(torch.full((1, 20, 10), 1e4))
    assert wave.isfinite().all() and wave.abs().max() < 1e3


def test_gradients_reach_every_weight() -> None:
    net = seeded(ISTFTVocoder, ISTFT)
    net(torch.randn(1, 20, 9)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_wrong_values_are_named() -> None:
    with pytest.raises(InputError, match=r"\[1, 21, 5\]"):
        ISTFTVocoder(ISTFT)(torch.zeros(1, 21, 5))
    with pytest.raises(ValueError, match="kernel must be odd"):
        ISTFTVocoder(ISTFTVocoderConfig(**{**vars(ISTFT), "kernel": 4}))
