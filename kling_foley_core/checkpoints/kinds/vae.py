"""Mel VAEs: MMAudio's 16 kHz and 44.1 kHz ones, whose weights are raw in the file, and our own, which are
saved ready.

Raw weights are normalised once, in float32, at load. A bare file whose every convolution row has norm 1
already is left alone: a second pass would shrink the rows (checkpoint specification 1.2).
"""

from __future__ import annotations

from typing import Any

from torch import nn

from ...codec.vae import MelVAEConfig
from .kind import Kind, State, count

VARIANTS = {(80, 20, 384): "vae_16k", (128, 40, 512): "vae_44k"}  # n_mels, latent_dim, width


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
    return VARIANTS.get((c.n_mels, c.latent_dim, c.width), f"vae_{c.n_mels}mel_{c.latent_dim}x{c.width}")


def build(config: MelVAEConfig, **kw: Any) -> nn.Module:
    from ...codec.vae import MelVAE

    return MelVAE(config, **kw)


def convert(state: State) -> State:
    from ...codec.vae_weights import already_normalised, normalise_weights

    return state if already_normalised(state) else normalise_weights(state)


KIND = Kind(
    name="vae",
    what="a mel VAE",
    matches=matches,
    canonical=dict,
    config=config,
    variant=variant,
    build=build,
    config_classes=lambda: (MelVAEConfig,),
    convert=convert,
)
