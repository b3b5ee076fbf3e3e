"""The sizes and options of one MM-DiT: a single frozen table row for every member of the family.

Public MMAudio checkpoints and the paper's Kling-Foley differ only in these fields; nothing in the forward
pass asks for a family. Sizes have no defaults, so each is said where a model is named
(kling_foley_core/presets.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InputError

MLP_RATIO = 4  # of the public checkpoints
MLP_MULTIPLE = 256
HEAD_DIM = 64  # paper table of scales: hidden = 64 * heads


@dataclass(frozen=True)
class MMDiTConfig:
    latent_dim: int  # channels of the codec's latent
    hidden_dim: int
    num_heads: int
    joint_depth: int  # N1: blocks with audio, picture and text in one attention
    audio_depth: int  # N2: audio-only blocks after them
    visual_dim: int  # width of the visual encoder's tokens
    sync_dim: int
    text_dim: int
    text_len: int  # text tokens, padding included
    activation: Literal["selu", "silu"]  # after the first convolution of the audio and sync inputs
    input_silu: bool  # SiLU between the Linear and the MLP of the picture and text inputs
    time_dim: int  # sines and cosines of the time embedding
    time_max_period: float  # frequencies run from 10000 / time_max_period downwards
    sync_in_global: bool  # the mean sync token joins the global vector (paper figure 2)
    align_visual: bool  # the picture joins the align feature (paper figure 2)
    duration_rows: int | None  # of the seconds-start and seconds-total tables (paper section 4.4), or none
    countdown_rows: int | None  # of the table of seconds that are left at each frame, or none (our addition)
    mlp_ratio: int  # width inside the MLPs, in widths outside, before the gate takes a third of it
    upsampling: Literal["nearest", "linear"]  # of the align feature; "nearest" is nearest-exact

    def __post_init__(self) -> None:
        if self.hidden_dim % self.num_heads or (self.hidden_dim // self.num_heads) % 2:
            raise InputError(
                f"hidden_dim = {self.hidden_dim}, num_heads = {self.num_heads}: the head width must be a "
                "whole, even number, because rotary positions turn channels in pairs."
            )
        if self.countdown_rows is not None and self.countdown_rows < 2:
            raise InputError(
                f"countdown_rows = {self.countdown_rows}: seconds are read between two rows; give 2 or more."
            )
        if self.joint_depth < 1 or self.audio_depth < 0:
            raise InputError(
                f"joint_depth = {self.joint_depth}, audio_depth = {self.audio_depth}: at least one joint "
                "block and no negative depth."
            )

    @property
    def head_dim(self) -> int:
        return self.hidden_dim // self.num_heads

    @property
    def inner_dim(self) -> int:
        return inner_dim(self.hidden_dim, self.mlp_ratio)


def inner_dim(dim: int, ratio: int) -> int:
    """Width inside a gated MLP: two thirds of ratio * D, rounded up to a multiple of 256."""
    return MLP_MULTIPLE * -(-int(2 * ratio * dim / 3) // MLP_MULTIPLE)
