"""The mel VAE: golden vectors, weight normalisation, the paper's shape."""

from __future__ import annotations

import pytest
import torch
from codec_networks import VAE, VAE_TRANSPOSED, seeded
from golden_files import Golden, golden
from torch import nn

from kling_foley_core.codec.presets import VAE_KLING
from kling_foley_core.codec.vae import MelVAE, MelVAEConfig
from kling_foley_core.codec.vae_weights import already_normalised, normalise_weights
from kling_foley_core.errors import InputError
from kling_foley_core.networks import convolution


def from_golden(g: Golden) -> MelVAE:
    config = MelVAEConfig(
        n_mels=g.config["data_dim"],
        latent_dim=g.config["embed_dim"],
        width=g.config["hidden_dim"],
        multipliers=tuple(g.config["ch_mult"]),
        encoder_blocks=g.config["num_res_blocks"],
        decoder_blocks=g.config["num_res_blocks"] + 1,
        attention=True,
        upsampling="nearest",
    )
    vae = MelVAE(config, device="meta")
    vae.load_state_dict(normalise_weights(g.weights()), strict=True, assign=True)
    return vae.eval()


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "tiled"])
@pytest.mark.parametrize("name", ["vae_16k", "vae_44k"])
@torch.inference_mode()
def test_golden(name: str, fast: bool, monkeypatch) -> None:
    """Also with the convolutions in tiles, as wide networks have them on a CPU."""
    for least in ("FEWEST", "NARROWEST"):
        monkeypatch.setattr(convolution, least, 1 if fast else 2**20)
    g = golden(name)
    vae = from_golden(g)
    posterior = vae.encode(g["in.mel"])
    g.check("out.mean", posterior.mean)
    g.check("out.logvar", posterior.logvar)
    g.check("out.std", posterior.std)
    g.check("out.sample", posterior.sample(g["in.noise"]))
    g.check("out.mean_odd", vae.encode(g["in.mel_odd"]).mean)
    g.check("out.mean_unnormalized_input", vae.encoder(g["in.mel"]).chunk(2, 1)[0])
    g.check("out.mel", vae.decode(g["in.z"]))
    g.check("out.mel_raw", vae.decoder(g["in.z"]))


@pytest.mark.parametrize("name", ["vae_16k", "vae_44k"])
def test_normalised_weights_are_golden_and_the_input_is_left_alone(name: str) -> None:
    g = golden(name)
    raw = g.weights()
    before = {k: v.clone() for k, v in raw.items()}
    weights = normalise_weights(raw)
    prefix = "out.normalized_weight."
    for key in (k for k in g.tensors if k.startswith(prefix)):
        g.check(key, weights[key.removeprefix(prefix)])
    assert all(torch.equal(raw[k], v) for k, v in before.items())
    assert torch.equal(weights["data_mean"], raw["data_mean"])


def test_half_precision_files_are_normalised_in_float32() -> None:
    raw = {
        "conv.weight": torch.full((2, 6000, 3), 300.0, dtype=torch.float16)
    }  # its squares overflow float16
    weight = normalise_weights(raw)["conv.weight"]
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight.flatten(1).norm(dim=1), torch.ones(2), atol=1e-3, rtol=0)


def test_files_that_are_normalised_already_are_recognised() -> None:
    raw = golden("vae_44k").weights()
    once = normalise_weights(raw)
    assert not already_normalised(raw)
    assert already_normalised(once)
    assert already_normalised({k: v.half() for k, v in once.items()})
    one_row_off = {k: v.clone() for k, v in once.items()}
    one_row_off["encoder.conv_in.weight"][3] *= 1.02
    assert not already_normalised(one_row_off)
    assert not already_normalised({"data_mean": torch.zeros(1, 4, 1)})


def test_a_transposed_convolution_is_normalised_per_output_channel() -> None:
    name = "decoder.up.1.upsample.transposed.weight"
    weight = normalise_weights({name: torch.randn(6, 5, 4)})[name]
    torch.testing.assert_close(weight.norm(dim=(0, 2)), torch.ones(5), atol=1e-3, rtol=0)


@pytest.mark.parametrize("config", [VAE, VAE_TRANSPOSED])
@torch.inference_mode()
def test_upsampling_keeps_the_magnitude(config: MelVAEConfig) -> None:
    upsample = seeded(MelVAE, config).decoder.up[1].upsample
    width = config.width * config.multipliers[1]
    x = torch.randn(1, width, 400, generator=torch.Generator().manual_seed(1))
    assert upsample(x).shape == (1, width, 800)
    assert 0.8 < upsample(x).std() / x.std() < 1.25


def test_the_papers_encoder_has_32_convolutions_and_the_decoder_mirrors_them() -> None:
    vae = MelVAE(VAE_KLING, device="meta")

    def layers(part: nn.Module) -> list[nn.Module]:
        kinds = (nn.Conv1d, nn.ConvTranspose1d)
        return [m for n, m in part.named_modules() if isinstance(m, kinds) and "shortcut" not in n]

    assert len(layers(vae.encoder)) == 32
    assert len(layers(vae.decoder)) == 32
    assert sum(isinstance(m, nn.ConvTranspose1d) for m in layers(vae.decoder)) == 1


def test_wrong_shapes_are_named() -> None:
    vae = MelVAE(VAE)
    with pytest.raises(InputError, match=r"mel has shape \[1, 21, 8\]"):
        vae.encode(torch.zeros(1, 21, 8))
    with pytest.raises(InputError, match="at least 2 frame"):
        vae.encode(torch.zeros(1, 20, 1))
    with pytest.raises(InputError, match=r"latent has shape \[1, 5, 8\]"):
        vae.decode(torch.zeros(1, 5, 8))
    with pytest.raises(ValueError, match="upsampling"):
        MelVAEConfig(**{**vars(VAE), "upsampling": "linear"})
