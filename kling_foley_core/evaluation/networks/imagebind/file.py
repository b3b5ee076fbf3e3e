"""`imagebind_huge.pth` to the two towers that are used; its text, depth, thermal and motion towers are not
read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..names import State, below, renamed
from ..transformer import TransformerConfig
from ..weights import filled, read_state
from .network import ImageBindNetwork
from .towers import FilmTower, SoundTower, TowerConfig

if TYPE_CHECKING:
    from ..catalogue import Shapes

SOUND = TowerConfig(
    body=TransformerConfig(width=768, layers=12, heads=12, mlp=3072, eps=1e-6, extra_key=True),
    patch=16,
    stride=10,
    out=1024,
)
FILM = TowerConfig(
    body=TransformerConfig(width=1280, layers=32, heads=16, mlp=5120, eps=1e-6, extra_key=False),
    patch=14,
    stride=14,
    out=1024,
)
MARKS = {
    "modality_preprocessors.vision.rgbt_stem.proj.1.weight",
    "modality_trunks.audio.blocks.0.attn.bias_k",
    "modality_heads.audio.2.weight",
}
PREPROCESSOR = {
    "cls_token": "class_token",
    "pos_embedding_helper.pos_embed": "positions",
    "rgbt_stem.proj.1.": "stem.",
    "rgbt_stem.proj.": "stem.",
    "rgbt_stem.norm_layer.": "stem_norm.",
}
TRUNK = {
    "pre_transformer_layer.0.": "first_norm.",
    "blocks.": "body.blocks.",
    ".norm_": ".norm",
    ".attn.in_proj_": ".attn.qkv.",
    ".attn.out_proj.": ".attn.proj.",
}
HEAD = {"0.": "norm.", "2.": "head."}
SCALE = {"1.log_logit_scale": "log_scale"}


def recognise(shapes: Shapes) -> bool:
    return set(shapes) >= MARKS


def load(path: Path, device: torch.device) -> ImageBindNetwork:
    state = read_state(path)
    sound, film = tower_state(state, "audio"), tower_state(state, "vision")
    return ImageBindNetwork(
        filled(lambda: SoundTower(SOUND), sound, path, "ImageBind's audio tower", device),
        filled(lambda: FilmTower(FILM), film, path, "ImageBind's vision tower", device),
    )


def tower_state(state: State, modality: str) -> State:
    """Of the whole file's tensors those of one tower, by our names."""
    return {
        **renamed(below(state, f"modality_preprocessors.{modality}."), PREPROCESSOR),
        **renamed(below(state, f"modality_trunks.{modality}."), TRUNK),
        **renamed(below(state, f"modality_heads.{modality}."), HEAD),
        **renamed(below(state, f"modality_postprocessors.{modality}."), SCALE),
    }
