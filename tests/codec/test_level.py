"""Level goes around the built-in VAE: what is encoded comes back as loud as it was, to 1 dB."""

from __future__ import annotations

import pytest
import torch
from codec_networks import small_codec

from kling_foley_core.checkpoints import load_network
from kling_foley_core.codec import FoleyCodec, LogMel
from kling_foley_core.codec.level import at_level, decibels, lost_db, mel_with_gain, rms, with_gain
from kling_foley_core.codec.presets import LEARNED_DB, MEL_16K, MEL_44K, VAE_16K, VAE_44K, VAE_SMALL
from kling_foley_core.weights import BUILT_IN

RATE = MEL_44K.sampling_rate
SAMPLES = RATE * 3 // 2
TIME = torch.arange(SAMPLES) / RATE


@pytest.fixture(scope="module")
def codec() -> FoleyCodec:
    vae, vocoder = (load_network(BUILT_IN, kind, dtype=torch.float32) for kind in ("vae", "vocoder"))
    return FoleyCodec(LogMel(MEL_44K), vae, vocoder)


def noise(samples: int = SAMPLES) -> torch.Tensor:
    return torch.randn(samples, generator=torch.Generator().manual_seed(0))


def pink() -> torch.Tensor:
    bins = torch.fft.rfft(noise())
    return torch.fft.irfft(bins / (torch.arange(len(bins)) + 20).sqrt(), SAMPLES)


def syllables() -> torch.Tensor:
    voice = sum(torch.sin(2 * torch.pi * 120 * k * TIME) / k for k in range(1, 40))
    return voice * torch.sin(2 * torch.pi * 4 * TIME).clamp(min=0)


def hits() -> torch.Tensor:
    wave = torch.zeros(SAMPLES)
    for start in (5000, 30000, 50000):
        wave[start : start + 4000] = noise(4000) * torch.exp(-torch.arange(4000) / 600)
    return wave


def one_click_over_quiet_noise() -> torch.Tensor:
    wave = 1e-3 * noise()
    wave[30000] = 1.0
    return wave


SOUNDS = {
    "noise": noise,
    "pink noise": pink,
    "syllables": syllables,
    "tone": lambda: torch.sin(2 * torch.pi * 440 * TIME),
    "hits": hits,
    "one click": one_click_over_quiet_noise,
}


@pytest.mark.parametrize("peak_db", [-50, -20, -1])
@pytest.mark.parametrize("name", SOUNDS)
@torch.inference_mode()
def test_a_round_trip_keeps_the_level(codec, name: str, peak_db: float) -> None:
    """Without the gain noise of -1 dBFS lost 16 dB, syllables and hits 5 to 20, a tone 35."""
    wave = SOUNDS[name]()
    wave = (wave / wave.abs().max() * 10 ** (peak_db / 20))[None, None]
    latent = codec.encode(wave).mean
    heard = codec.decode(latent, gain_db=codec.lost_db(wave, latent))[..., :SAMPLES]
    assert float(decibels(rms(heard)) - decibels(rms(wave))) == pytest.approx(0, abs=1)
    assert heard.abs().max() <= 1


@torch.inference_mode()
def test_each_item_has_its_own_gain_and_loud_and_quiet_are_coded_alike(codec) -> None:
    loud = pink()[None, None] / pink().abs().max()
    both = torch.cat([loud, loud / 100])
    latents = codec.encode(both).mean
    torch.testing.assert_close(latents[0], latents[1], atol=1e-4, rtol=0)
    first, second = codec.lost_db(both, latents)
    assert float(first - second) == pytest.approx(40, abs=0.1)


@torch.inference_mode()
def test_an_offset_is_no_sound_and_silence_stays_silent(codec) -> None:
    wave = 0.05 * pink()[None, None] / pink().std() + 0.3
    latent = codec.encode(wave).mean
    heard = codec.decode(latent, gain_db=codec.lost_db(wave, latent))
    assert float(decibels(rms(heard))) == pytest.approx(-26, abs=1) and heard.mean().abs() < 0.01
    nothing = torch.zeros(1, 1, RATE)
    latent = codec.encode(nothing).mean
    assert codec.decode(latent, gain_db=codec.lost_db(nothing, latent)).abs().max() < 10 ** (-90 / 20)


def test_the_level_that_was_learned_leaves_room_for_peaks() -> None:
    waves = torch.stack([pink(), hits()])[:, None]
    waves = waves / waves.abs().amax(-1, keepdim=True)
    steady, sparse = at_level(waves, -35.0)
    assert float(decibels(rms(steady[None]))) == pytest.approx(-35, abs=0.01)
    assert sparse.abs().max() <= 10 ** (-1 / 20)
    quiet, _ = at_level(waves * 1e-3, -5.0)
    assert float(quiet.abs().max()) == pytest.approx(10 ** (-1 / 20), rel=1e-3)


def test_the_gain_makes_up_for_clipped_peaks() -> None:
    wanted, decoded = torch.full((1, 1, 1000), 0.6), noise(1000)[None, None] * 0.1
    wanted[..., ::2] *= -1
    heard = with_gain(decoded, lost_db(wanted, decoded)).clamp(-1, 1)
    assert float(rms(heard)) == pytest.approx(0.6, rel=0.05)
    assert float(rms(with_gain(decoded, decibels(rms(wanted)) - decibels(rms(decoded))).clamp(-1, 1))) < 0.55


@torch.inference_mode()
def test_a_mel_gets_the_gain_of_its_sound() -> None:
    waves, gain_db = 0.1 * noise(SAMPLES)[None].expand(2, -1), torch.tensor([0.0, -12.0])
    for config in (MEL_44K, MEL_16K):
        mel = LogMel(config)
        expected = mel(with_gain(waves, gain_db))
        torch.testing.assert_close(mel_with_gain(mel(waves), gain_db, config), expected, atol=1e-3, rtol=0)


@torch.inference_mode()
def test_other_vaes_take_a_sound_as_it_is() -> None:
    codec, wave = small_codec(), 0.1 * noise(1280)[None, None]
    latent = codec.encode(wave).mean
    assert torch.equal(latent, codec.vae.encode(codec.mel(wave[:, 0])).mean)
    assert torch.equal(codec.lost_db(wave, latent), torch.zeros(1))
    assert VAE_SMALL in LEARNED_DB and not {VAE_16K, VAE_44K} & set(LEARNED_DB)
