"""Stereo renderers: files of our own (nobody else publishes one), with or without their metadata."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...stereo.presets import STEREO_KLING, STEREO_SMALL
from ...stereo.renderer import StereoConfig, StereoRenderer
from .kind import Kind, State, count

NAMES = {STEREO_KLING: "stereo_kling", STEREO_SMALL: "stereo_small"}


def matches(state: State) -> bool:
    return all(
        name in state for name in ("embed.weight", "norm_in.weight", "blocks.0.conv.weight", "head.weight")
    )


def config(state: State) -> StereoConfig:
    hidden, n_mels, kernel = state["embed.weight"].shape
    return StereoConfig(
        n_mels=n_mels,
        hidden=hidden,
        layers=count(state, "blocks."),
        kernel=kernel,
        sync_dim=state["sync_proj.weight"].shape[1] if "sync_proj.weight" in state else None,
    )


def build(config: StereoConfig, *, attention: Any = None, **kw: Any) -> nn.Module:
    """`attention` is every network's argument; the renderer has none."""

    return StereoRenderer(config, **kw)


KIND = Kind(
    name="stereo",
    what="a stereo renderer",
    matches=matches,
    canonical=dict,
    config=config,
    variant=lambda c: NAMES.get(c, f"stereo_{c.n_mels}mel_{c.layers}x{c.hidden}"),
    build=build,
    config_classes=(StereoConfig,),
)
