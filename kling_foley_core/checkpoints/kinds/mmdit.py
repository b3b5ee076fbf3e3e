"""Flow networks: the public MMAudio files (five variants, any fine-tune of them) and our own.

Everything is read off shapes (checkpoint specification 1.3): width from the first bias, depths by counting
blocks, the head width from the query norm, and the generation (v1, v2) from the layout of the picture input,
which in v2 has one more layer, the SiLU, before the MLP.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from ...errors import InputError
from ...mmdit.config import MLP_RATIO, MMDiTConfig, inner_dim
from ...mmdit.model import MMDiT
from ...presets import PRESETS
from .kind import Kind, State, count, without

RECOMPUTED = ("t_embed.freqs", "latent_rot", "clip_rot")  # buffers of older files

NAMES = {preset.generator: name for name, preset in PRESETS.items()}


def matches(state: State) -> bool:
    return "audio_input_proj.0.weight" in state and any(k.startswith("joint_blocks.") for k in state)


def canonical(state: State) -> State:
    return without(state, *RECOMPUTED)


def config(state: State) -> MMDiTConfig:
    hidden, latent, _ = state["audio_input_proj.0.weight"].shape
    v2 = "clip_input_proj.2.w1.weight" in state
    text_len, text_dim = state["empty_string_feat"].shape
    time_dim = state["t_embed.mlp.0.weight"].shape[1]
    rows = state["seconds_start.weight"].shape[0] if "seconds_start.weight" in state else None
    left = state["seconds_left.weight"].shape[0] if "seconds_left.weight" in state else None
    read = MMDiTConfig(
        latent_dim=latent,
        hidden_dim=hidden,
        num_heads=hidden // state["joint_blocks.0.latent_block.attn.q_norm.weight"].shape[0],
        joint_depth=count(state, "joint_blocks."),
        audio_depth=count(state, "fused_blocks."),
        visual_dim=state["empty_clip_feat"].shape[-1],
        sync_dim=state["empty_sync_feat"].shape[-1],
        text_dim=text_dim,
        text_len=text_len,
        activation="silu" if v2 else "selu",
        input_silu=v2,
        time_dim=time_dim,
        time_max_period=1.0 if v2 and time_dim == hidden else 10000.0,
        sync_in_global="sync_cond_proj.weight" in state,
        align_visual="align_visual_proj.weight" in state,
        duration_rows=rows,
        countdown_rows=left,
        mlp_ratio=_mlp_ratio(hidden, state["global_cond_mlp.w1.weight"].shape[0]),
        upsampling="nearest",
    )
    return _preset_of_these_shapes(read) or read


def _mlp_ratio(hidden: int, inner: int) -> int:
    """The public files' 4 wherever it explains the width inside the MLPs, which is rounded up to 256."""
    fits = [r for r in (MLP_RATIO, 1, 2, 3) if inner_dim(hidden, r) == inner]
    return fits[0] if fits else MLP_RATIO


def _preset_of_these_shapes(read: MMDiTConfig) -> MMDiTConfig | None:
    """It says what shapes don't: the upsampling, and the MLPs' ratio where rounding up to 256 hides it."""
    for preset in NAMES:
        same = replace(read, upsampling=preset.upsampling, mlp_ratio=preset.mlp_ratio)
        if same == preset and same.inner_dim == read.inner_dim:
            return same
    return None


def has_paper_inputs(c: MMDiTConfig) -> bool:
    """The paper's additions and our countdown, which no public network has: widths alone don't tell what else
    it was trained with."""
    return c.sync_in_global or c.align_visual or c.duration_rows is not None or c.countdown_rows is not None


def variant(c: MMDiTConfig) -> str:
    """The preset's name, or the family and the sizes."""
    family = "kling_foley" if has_paper_inputs(c) else ("mmaudio_v2" if c.input_silu else "mmaudio_v1")
    return NAMES.get(c, f"{family}_{c.hidden_dim}x{c.joint_depth}+{c.audio_depth}")


def check(state: State) -> None:
    """Refuses a network that never got the statistics of its latents: it could only make noise."""
    for name in ("latent_mean", "latent_std"):
        if not torch.isfinite(state[name].float()).all():
            raise InputError(
                f"{name} of this flow network has values that are not numbers: the file was saved before "
                "its latent statistics were set. Get the released file (hub repository hkchengrex/MMAudio, "
                "folder weights/)."
            )


KIND = Kind(
    name="mmdit",
    what="a flow network (MM-DiT)",
    matches=matches,
    canonical=canonical,
    config=config,
    variant=variant,
    build=MMDiT,
    config_classes=(MMDiTConfig,),
    check=check,
)
