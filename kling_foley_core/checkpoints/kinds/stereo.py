"""Stereo renderers: files of our own (nobody else publishes one), with or without their metadata."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...stereo.renderer import StereoConfig
from .kind import Kind, State, count


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
    from ...stereo.renderer import StereoRenderer

    return StereoRenderer(config, **kw)


KIND = Kind(
    name="stereo",
    what="a stereo renderer",
    matches=matches,
    canonical=dict,
    config=config,
    variant=lambda c: f"stereo_{c.n_mels}mel_{c.layers}x{c.hidden}",
    build=build,
    config_classes=lambda: (StereoConfig,),
)
