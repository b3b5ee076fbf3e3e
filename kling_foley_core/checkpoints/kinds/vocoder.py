"""Vocoders: BigVGAN generators in any of their three weight-norm spellings, and our small inverse-STFT one.

The public generators upsample by half their kernels, end in tanh where the last convolution has a bias and
in a clamp where it has none, and dilate by 1, 3, 5; shapes don't say so, the published settings do
(checkpoint specification 7.1).
"""

from __future__ import annotations

from typing import Any

from torch import nn

from ...codec.bigvgan import BigVGAN, BigVGANConfig
from ...codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from ...codec.presets import BIGVGAN_16K, BIGVGAN_44K, ISTFT_SMALL
from ...codec.weight_norm import fold_weight_norm
from .kind import Kind, State, count

NAMES = {BIGVGAN_16K: "bigvgan_16k", BIGVGAN_44K: "bigvgan_44k", ISTFT_SMALL: "istft_small"}
DILATIONS = (1, 3, 5)


def matches(state: State) -> bool:
    return "activation_post.act.beta" in state and any(n.startswith("conv_pre.") for n in state)


def config(state: State) -> BigVGANConfig:
    width, n_mels, _ = state["conv_pre.weight"].shape
    stages, blocks = count(state, "ups."), count(state, "resblocks.")
    kernels = tuple(state[f"ups.{i}.0.weight"].shape[-1] for i in range(stages))
    return BigVGANConfig(
        n_mels=n_mels,
        width=width,
        upsample_rates=tuple(k // 2 for k in kernels),
        upsample_kernels=kernels,
        residual_kernels=tuple(
            state[f"resblocks.{j}.convs1.0.weight"].shape[-1] for j in range(blocks // stages)
        ),
        dilations=DILATIONS[: count(state, "resblocks.0.convs1.")],
        final_bias="conv_post.bias" in state,
        final="tanh" if "conv_post.bias" in state else "clamp",
    )


def variant(c: BigVGANConfig | ISTFTVocoderConfig) -> str:
    family = "bigvgan" if isinstance(c, BigVGANConfig) else "istft"
    return NAMES.get(c, f"{family}_{c.n_mels}mel_{c.hop}hop_{c.width}")


def build(config: BigVGANConfig | ISTFTVocoderConfig, *, attention: Any = None, **kw: Any) -> nn.Module:
    """`attention` is every network's argument; vocoders have none."""

    return (BigVGAN if isinstance(config, BigVGANConfig) else ISTFTVocoder)(config, **kw)


KIND = Kind(
    name="vocoder",
    what="a BigVGAN vocoder",
    matches=matches,
    canonical=fold_weight_norm,
    config=config,
    variant=variant,
    build=build,
    config_classes=(BigVGANConfig, ISTFTVocoderConfig),
)
