"""Sync encoders: Synchformer's visual half, from the whole model's file or from a file of that half alone,
and our own small one.

Only `vfeat_extractor.*` is used; the audio half and the transformer above both serve a metric, not the
generation. The 2-D `patch_embed.proj` is in every file and used by none.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from torch import nn

from ...encoders.presets import SYNC_SMALL, SYNCHFORMER
from ...encoders.sync.motion import MotionConfig, MotionEncoder
from ...encoders.sync.synchformer import Synchformer, SynchformerConfig
from .heads import heads_of
from .kind import Kind, State, count, without

PREFIX = "vfeat_extractor."
NAMES = {SYNCHFORMER: "synchformer", SYNC_SMALL: "sync_small"}


def matches(state: State) -> bool:
    return any(p + "patch_embed_3d.proj.weight" in state for p in (PREFIX, ""))


def canonical(state: State) -> State:
    if PREFIX + "patch_embed_3d.proj.weight" in state:
        state = {name[len(PREFIX) :]: t for name, t in state.items() if name.startswith(PREFIX)}
    return without(state, "patch_embed.proj.weight", "patch_embed.proj.bias")


def config(state: State) -> SynchformerConfig:
    dim, _, frames, patch, _ = state["patch_embed_3d.proj.weight"].shape
    return SynchformerConfig(
        image_size=isqrt(state["pos_embed"].shape[1] - 1) * patch,
        patch=patch,
        patch_frames=frames,
        dim=dim,
        depth=count(state, "blocks."),
        heads=heads_of(dim, 64, "its video transformer"),
    )


def variant(c: SynchformerConfig | MotionConfig) -> str:
    if isinstance(c, MotionConfig):
        return NAMES.get(c, f"motion_{c.dim}x{c.hidden}")
    return NAMES.get(c, f"synchformer_{c.dim}x{c.depth}")


def build(config: SynchformerConfig | MotionConfig, **kw: Any) -> nn.Module:
    return (Synchformer if isinstance(config, SynchformerConfig) else MotionEncoder)(config, **kw)


def notes(state: State) -> tuple[str, ...]:
    if any(name.startswith("afeat_extractor.") for name in state):
        return ("The whole Synchformer; only its visual half is loaded.",)
    return ()


KIND = Kind(
    name="synchformer",
    what="a Synchformer",
    matches=matches,
    canonical=canonical,
    config=config,
    variant=variant,
    build=build,
    config_classes=(SynchformerConfig, MotionConfig),
    notes=notes,
)
