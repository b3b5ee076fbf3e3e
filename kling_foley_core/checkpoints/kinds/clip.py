"""CLIP: the visual and the text tower, from one file in open_clip's or in transformers' spelling.

Shapes don't tell the activation: ViT-H/14 of LAION has the very shapes of MetaCLIP's and wants GELU where
DFN5B's and MetaCLIP's want QuickGELU. A note says so.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from torch import nn

from ...encoders.presets import CLIP_DFN5B_H14_384, METACLIP_BIGG, METACLIP_H14_224, VISUAL_SMALL
from ...encoders.text.clip import ClipTextConfig, ClipTextEncoder
from ...encoders.visual.clip import ClipVisualEncoder, VisualConfig
from ...encoders.visual.look import LookConfig, LookEncoder
from ..keymaps import from_open_clip, from_transformers
from .heads import CLIP_VISION_HEAD_WIDTHS, heads_of
from .kind import Kind, State, count

OPEN_CLIP = "visual.conv1.weight"
TRANSFORMERS = "vision_model.embeddings.class_embedding"
INPUT_SIZES = {378: 384}  # MMAudio feeds DFN5B's 378 px positions with 384 px frames
NAMES = {
    CLIP_DFN5B_H14_384: "dfn5b_vit_h14_378",
    METACLIP_H14_224: "vit_h14_224",
    METACLIP_BIGG: "vit_bigg14_224",
    VISUAL_SMALL: "visual_small",
}
UNTOLD = (
    "The tensors don't tell the activation: QuickGELU is assumed, as in DFN5B, MetaCLIP and OpenAI's CLIP "
    "(not in LAION's)."
)
VISUAL_ONLY = "The visual tower alone: pictures can be encoded with this file, texts can't."


def is_clip(state: State) -> bool:
    return OPEN_CLIP in state or TRANSFORMERS in state


def both_towers(state: State) -> State:
    """Under our names, without the numbers of old files (`position_ids`), the temperature, and the text
    projection, which we don't use.
    """
    state = from_open_clip(state) if OPEN_CLIP in state else from_transformers(state)
    unused = ("logit_scale", "text_projection.weight")
    return {k: t for k, t in state.items() if k not in unused and not k.endswith(".position_ids")}


def visual_config(state: State) -> VisualConfig:
    width, _, patch, _ = state["vision_model.embeddings.patch_embedding.weight"].shape
    size = isqrt(state["vision_model.embeddings.position_embedding.weight"].shape[0] - 1) * patch
    return VisualConfig(
        width=width,
        layers=count(state, "vision_model.encoder.layers."),
        heads=heads_of(width, CLIP_VISION_HEAD_WIDTHS.get(width, 64), "its visual tower"),
        mlp=state["vision_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        patch=patch,
        image_size=size,
        input_size=INPUT_SIZES.get(size, size),
        projection=state["visual_projection.weight"].shape[0],
    )


def text_config(state: State) -> ClipTextConfig:
    vocabulary, width = state["text_model.embeddings.token_embedding.weight"].shape
    return ClipTextConfig(
        width=width,
        layers=count(state, "text_model.encoder.layers."),
        heads=heads_of(width, 64, "its text tower"),
        mlp=state["text_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        vocabulary=vocabulary,
        length=state["text_model.embeddings.position_embedding.weight"].shape[0],
    )


def visual_variant(c: VisualConfig | LookConfig) -> str:
    if isinstance(c, LookConfig):
        return NAMES.get(c, f"look_{c.projection}_{c.image_size}")
    return NAMES.get(c, f"vit_{c.width}x{c.layers}_{c.image_size}")


def build_visual(config: VisualConfig | LookConfig, *, attention: Any = None, **kw: Any) -> nn.Module:
    """`attention` is every network's argument. A host's own is made for what samples; for towers like these
    hosts use torch's too."""
    return (LookEncoder if isinstance(config, LookConfig) else ClipVisualEncoder)(config, **kw)


def build_text(config: ClipTextConfig, *, attention: Any = None, **kw: Any) -> nn.Module:
    return ClipTextEncoder(config, **kw)


def visual_notes(state: State) -> tuple[str, ...]:
    if not is_clip(state):
        return ()
    with_text = any(name.startswith(("text_model.", "token_embedding.")) for name in state)
    return (UNTOLD,) if with_text else (UNTOLD, VISUAL_ONLY)


VISUAL = Kind(
    name="clip_visual",
    what="a CLIP model's visual tower",
    matches=lambda state: False,  # a tower comes with its CLIP file, see parts.py
    canonical=lambda state: {k: t for k, t in state.items() if not k.startswith("text_model.")},
    config=visual_config,
    variant=visual_variant,
    build=build_visual,
    config_classes=(VisualConfig, LookConfig),
    notes=visual_notes,
)
TEXT = Kind(
    name="clip_text",
    what="a CLIP model's text tower",
    matches=lambda state: False,
    canonical=lambda state: {k: t for k, t in state.items() if k.startswith("text_model.")},
    config=text_config,
    variant=lambda c: f"text_{c.width}x{c.layers}",
    build=build_text,
    config_classes=(ClipTextConfig,),
)
