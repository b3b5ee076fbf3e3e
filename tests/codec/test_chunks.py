"""Decoding in chunks: the whole's own mel, sound and gains, in the memory of a part."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from kling_foley_core.codec import FoleyCodec, LogMel, chunks, codec
from kling_foley_core.codec.chunks import decode_in_chunks, decode_in_pieces
from kling_foley_core.codec.filterbank import MelConfig
from kling_foley_core.codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from kling_foley_core.codec.presets import VAE_44K, VAE_KLING, VAE_SMALL
from kling_foley_core.codec.vae import MelVAE
from kling_foley_core.codec.vae_weights import normalise_weights
from kling_foley_core.files import on_disk

SHAPES = {
    "small": replace(VAE_SMALL, n_mels=8, latent_dim=4, width=8),
    "kling": replace(VAE_KLING, n_mels=8, latent_dim=4, width=8),
}
ATTENTIVE = replace(VAE_44K, n_mels=8, latent_dim=4, width=8, decoder_blocks=1)


def vae(config) -> MelVAE:
    torch.manual_seed(0)
    network = MelVAE(config).eval()
    network.load_state_dict(normalise_weights(network.state_dict()))
    with torch.no_grad():
        network.decoder.learnable_gain.fill_(1)
    return network


def latent(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, 4, frames, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", SHAPES)
@torch.no_grad()
def test_the_reach_is_what_the_mel_of_a_frame_depends_on(shape) -> None:
    """NaN spreads to all that depends on it, however little."""
    network, z = vae(SHAPES[shape]), latent(161)
    z[..., 80] = math.nan
    frames = network.decode(z)[0, 0].unflatten(0, (-1, 2)).isnan().any(1).nonzero()[:, 0]
    assert frames.min() >= 80 - network.decoder_reach and frames.max() <= 80 + network.decoder_reach
    assert frames.max() - 80 >= network.decoder_reach - 1, "no more neighbours than are needed"


@pytest.mark.parametrize("shape", SHAPES)
@torch.no_grad()
def test_chunks_of_convolutions_are_the_whole(shape) -> None:
    network, z = vae(SHAPES[shape]), latent(333)
    whole = network.decode(z)
    parted = decode_in_chunks(network.decode, z, 50, network.decoder_reach)
    torch.testing.assert_close(parted, whole, atol=1e-5, rtol=0)
    short = decode_in_chunks(network.decode, z, 50, 2)
    assert (short - whole).abs().max() > 1e-3


@torch.no_grad()
def test_with_attention_pieces_of_the_trained_length_pass_into_one_another() -> None:
    network, z = vae(ATTENTIVE), latent(140)
    assert network.decoder_reach is None
    made = decode_in_pieces(network.decode, z, 60, 10)  # 0..60, 50..110, 80..140
    first, second, third = (network.decode(z[..., at : at + 60]) for at in (0, 50, 80))
    assert torch.equal(made[..., :100], first[..., :100])
    assert torch.equal(made[..., 120:160], second[..., 20:60])
    assert torch.equal(made[..., 220:], third[..., 60:])
    rise = (torch.arange(20) + 0.5) / 20
    mixed = first[..., 100:] * (1 - rise) + second[..., :20] * rise
    torch.testing.assert_close(made[..., 100:120], mixed, atol=1e-5, rtol=0)
    assert torch.equal(decode_in_pieces(network.decode, z[..., :60], 60, 10), first)


def long_codec(config) -> FoleyCodec:
    mel = MelConfig(sampling_rate=16000, n_fft=64, hop=16, n_mels=8, fmin=0, fmax=8000, log="ln")
    torch.manual_seed(1)
    shape = ISTFTVocoderConfig(n_mels=8, n_fft=64, hop=16, width=8, inner=16, layers=2, kernel=3)
    return FoleyCodec(LogMel(mel), vae(config), ISTFTVocoder(shape).eval())


@torch.no_grad()
def test_a_long_sound_is_decoded_on_the_disk_as_it_is_in_memory(monkeypatch) -> None:
    network, z = long_codec(SHAPES["small"]), latent(300)
    gain = torch.tensor([-3.0])
    wanted = network.decode(z, gain_db=gain)
    monkeypatch.setattr(chunks, "room_for", lambda *shape, **how: on_disk.room_for(*shape, **how, held=1))
    monkeypatch.setattr(codec, "CHUNK", 128)
    made = network.decode(z, gain_db=gain, chunk=128)
    assert made.untyped_storage().data_ptr() in on_disk._maps
    torch.testing.assert_close(made, wanted, atol=1e-4, rtol=0)


@torch.no_grad()
def test_a_codec_with_attention_decodes_pieces_of_eight_seconds() -> None:
    network = long_codec(ATTENTIVE)
    seen = []
    decode = network.vae.decode
    network.vae.decode = lambda z: seen.append(z.shape[-1]) or decode(z)
    assert network.decode_mel(latent(4000)).shape == (1, 8, 8000)
    assert seen == [4000]
    network.decode_mel(latent(9000))
    assert seen[1:] == [4000, 4000, 4000]
