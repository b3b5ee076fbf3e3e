"""The joined codec: lengths, padding, chunks, number types and errors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from codec_networks import ISTFT, MEL, VAE, VAE_TRANSPOSED, seeded, small_codec
from golden_files import golden

from kling_foley_core.codec import BigVGAN, FoleyCodec, ISTFTVocoder, LogMel, MelVAE
from kling_foley_core.codec.presets import BIGVGAN_44K, ISTFT_SMALL, MEL_44K, VAE_44K, VAE_SMALL
from kling_foley_core.codec.vae_weights import normalise_weights
from kling_foley_core.codec.weight_norm import fold_weight_norm
from kling_foley_core.errors import InputError
from kling_foley_core.timing import decoded_samples, latent_frames


def noise(samples: int) -> torch.Tensor:
    return torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(0)) * 0.1


@pytest.mark.parametrize("setting", ["video_text", "negative", "text_only", "mask_clip"])
@torch.inference_mode()
def test_golden_latents_become_golden_mels_and_sounds(setting: str) -> None:
    g = golden("end_to_end_44k")
    size = g.config["vae"]
    vae_config = replace(
        VAE_44K, n_mels=size["data_dim"], latent_dim=size["embed_dim"], width=size["hidden_dim"]
    )
    vae = MelVAE(vae_config, device="meta")
    vae.load_state_dict(normalise_weights(g.weights("w_vae.")), assign=True)
    vocoder = BigVGAN(
        replace(BIGVGAN_44K, width=g.config["vocoder"]["upsample_initial_channel"]), device="meta"
    )
    vocoder.load_state_dict(fold_weight_norm(g.weights("w_vocoder.")), assign=True)
    codec = FoleyCodec(LogMel(MEL_44K), vae, vocoder)
    mel = codec.decode_mel(g[f"out.{setting}.latent"].transpose(1, 2))
    g.check(f"out.{setting}.mel", mel)
    g.check(f"out.{setting}.audio", codec.vocode(mel))


@pytest.mark.parametrize("samples, latents", [(1, 1), (127, 1), (128, 1), (129, 2), (1280, 10), (1281, 11)])
@torch.inference_mode()
def test_no_sample_is_dropped(samples: int, latents: int) -> None:
    posterior = small_codec().encode(noise(samples))
    assert posterior.mean.shape == posterior.logvar.shape == (1, 4, latents)
    assert latents == latent_frames(samples / MEL.sampling_rate, MEL.sampling_rate, MEL.hop)


@torch.inference_mode()
def test_the_last_sample_is_in_the_latent() -> None:
    codec = small_codec()
    wave = noise(1281)
    changed = wave.clone()
    changed[..., -1] = 1.0
    assert not torch.allclose(codec.encode(wave).mean[..., -1], codec.encode(changed).mean[..., -1])


@torch.inference_mode()
def test_encode_clamps_and_leaves_the_callers_wave_alone() -> None:
    codec = small_codec()
    wave = noise(640) * 50
    before = wave.clone()
    assert torch.equal(codec.encode(wave).mean, codec.encode(wave.clamp(-1, 1)).mean)
    assert torch.equal(wave, before)


@torch.inference_mode()
def test_decode_is_mel_then_vocoder_and_as_long_as_timing_says() -> None:
    codec = small_codec()
    z = torch.randn(2, 4, 9, generator=torch.Generator().manual_seed(0))
    mel = codec.decode_mel(z)
    wave = codec.decode(z)
    assert mel.shape == (2, 20, 18)
    assert torch.equal(wave, codec.vocode(mel))
    assert wave.shape == (2, 1, decoded_samples(9, MEL.hop)) and wave.abs().max() <= 1


@torch.inference_mode()
def test_a_long_sound_in_chunks_is_the_same_sound_and_can_be_cancelled() -> None:
    codec = small_codec()
    mel = torch.randn(1, 20, 90, generator=torch.Generator().manual_seed(0))
    whole = codec.vocode(mel)
    torch.testing.assert_close(codec.vocode(mel, chunk=16), whole, atol=2e-5, rtol=0)

    def cancel(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        codec.vocode(mel, chunk=16, progress=cancel)


@torch.inference_mode()
def test_bfloat16_weights_give_nearly_the_same_and_float32_comes_out() -> None:
    codec, z, wave = (
        small_codec(),
        torch.randn(1, 4, 9, generator=torch.Generator().manual_seed(0)),
        noise(1280),
    )
    mel, mean = codec.decode_mel(z), codec.encode(wave).mean
    codec.to(torch.bfloat16)
    results = codec.decode_mel(z), codec.encode(wave).mean
    for result, expected in zip(results, (mel, mean), strict=True):
        assert result.dtype == torch.float32
        assert (result - expected).square().mean().sqrt() < 0.05 * expected.std()
    assert codec.decode(z).dtype == torch.float32


def test_what_it_says_of_itself() -> None:
    codec = FoleyCodec(
        LogMel(MEL_44K), MelVAE(VAE_SMALL, device="meta"), ISTFTVocoder(ISTFT_SMALL, device="meta")
    )
    assert (codec.sampling_rate, codec.hop, codec.samples_per_latent, codec.latent_dim) == (
        44100,
        512,
        1024,
        16,
    )
    assert codec.mel_config == MEL_44K
    assert codec.latent_rate == pytest.approx(43.066, abs=1e-3)


def test_parts_that_do_not_fit_are_refused() -> None:
    vae, vocoder = MelVAE(VAE, device="meta"), ISTFTVocoder(ISTFT, device="meta")
    with pytest.raises(InputError, match="21, 20, 20"):
        FoleyCodec(LogMel(replace(MEL, n_mels=21)), vae, vocoder)
    with pytest.raises(InputError, match="hop is 32"):
        FoleyCodec(LogMel(replace(MEL, hop=32)), vae, vocoder)


def test_errors_name_the_input() -> None:
    codec = FoleyCodec(LogMel(MEL), seeded(MelVAE, VAE_TRANSPOSED), seeded(ISTFTVocoder, ISTFT))
    with pytest.raises(InputError, match="mono"):
        codec.encode(torch.zeros(1, 2, 640))
    with pytest.raises(InputError, match="no sound"):
        codec.encode(torch.zeros(1, 1, 0))
    with pytest.raises(InputError, match="wave has values that are not finite"):
        codec.encode(torch.full((1, 1, 640), float("nan")))
    with pytest.raises(InputError, match="latent has values that are not finite"):
        codec.decode_mel(torch.full((1, 4, 8), float("nan")))
    with pytest.raises(InputError, match="latent has shape"):
        codec.decode(torch.zeros(1, 5, 8))
    with pytest.raises(InputError, match="mel has values that are not finite"):
        codec.vocode(torch.full((1, 20, 8), float("inf")))
    with pytest.raises(InputError, match="mel has shape"):
        codec.vocode(torch.zeros(1, 20, 0))
