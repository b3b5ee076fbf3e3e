"""Mel VAEs: MMAudio's 16 kHz and 44.1 kHz ones, whose weights are raw in the file, and our own, which are
saved ready.

Raw weights are normalised once, in float32, at load. A bare file whose every convolution row has norm 1
already is left alone: a second pass would shrink the rows (checkpoint specification 1.2).
"""

from __future__ import annotations

from ...codec.presets import VAE_16K, VAE_44K, VAE_KLING, VAE_SMALL
from ...codec.vae import MelVAE, MelVAEConfig
from ...codec.vae_weights import already_normalised, normalise_weights
from .kind import Kind, State, count

NAMES = {VAE_16K: "vae_16k", VAE_44K: "vae_44k", VAE_KLING: "vae_kling", VAE_SMALL: "vae_small"}


def matches(state: State) -> bool:
    return "decoder.learnable_gain" in state and "encoder.conv_in.weight" in state


def config(state: State) -> MelVAEConfig:
    width, n_mels, _ = state["encoder.conv_in.weight"].shape
    levels = count(state, "encoder.down.")
    widths = [state[f"encoder.down.{i}.block.0.conv1.weight"].shape[0] for i in range(levels)]
    return MelVAEConfig(
        n_mels=n_mels,
        latent_dim=state["decoder.conv_in.weight"].shape[1],
        width=width,
        multipliers=tuple(w // width for w in widths),
        encoder_blocks=count(state, "encoder.down.0.block."),
        decoder_blocks=count(state, "decoder.up.0.block."),
        attention="encoder.mid.attn_1.qkv.weight" in state,
        upsampling="transposed" if "decoder.up.1.upsample.transposed.weight" in state else "nearest",
    )


def variant(c: MelVAEConfig) -> str:
    return NAMES.get(c, f"vae_{c.n_mels}mel_{c.latent_dim}x{c.width}")


def convert(state: State) -> State:

    return state if already_normalised(state) else normalise_weights(state)


KIND = Kind(
    name="vae",
    what="a mel VAE",
    matches=matches,
    canonical=dict,
    config=config,
    variant=variant,
    build=MelVAE,
    config_classes=(MelVAEConfig,),
    convert=convert,
)
