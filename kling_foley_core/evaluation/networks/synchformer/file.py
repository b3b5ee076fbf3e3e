"""`synchformer_state_dict.pth` to the whole network, recognised by its audio half and its head.

Names are the authors' as the file has them; `vfeat_extractor.*` is read as the sync encoder's file is
(checkpoints/kinds/synchformer.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ....checkpoints.load import load_network
from ..names import State, below, joined, renamed
from ..transformer import TransformerConfig
from ..weights import filled, read_state
from .audio_half import AudioHalf, AudioHalfConfig
from .comparison import Comparison
from .network import SynchformerNetwork

if TYPE_CHECKING:
    from ..catalogue import Shapes

AUDIO_HALF = AudioHalfConfig(
    body=TransformerConfig(width=768, layers=12, heads=12, mlp=3072, eps=1e-12, extra_key=False),
    patch=16,
    stride=10,
)
COMPARISON = TransformerConfig(width=768, layers=3, heads=8, mlp=3072, eps=1e-5, extra_key=False)

VISUAL, AUDIO, HEAD = (
    "vfeat_extractor.patch_embed_3d.proj.weight",
    "afeat_extractor.ast.embeddings.position_embeddings",
    "transformer.off_head.weight",
)
AUDIO_NAMES = {
    "ast.embeddings.patch_embeddings.projection.": "patches.",
    "ast.embeddings.cls_token": "class_token",
    "ast.embeddings.distillation_token": "distillation_token",
    "ast.embeddings.position_embeddings": "positions",
    "ast.encoder.layer.": "body.blocks.",
    "ast.layernorm.": "norm.",
    "freq_attn_agg.": "pooling.",
    ".layernorm_before.": ".norm1.",
    ".layernorm_after.": ".norm2.",
    ".attention.attention.": ".attn.",
    ".attention.output.dense.": ".attn.proj.",
    ".intermediate.dense.": ".mlp.fc1.",
    ".output.dense.": ".mlp.fc2.",
}
COMPARISON_NAMES = {
    "transformer.vis_in_lnorm.": "film_norm.",
    "transformer.aud_in_lnorm.": "sound_norm.",
    "transformer.OFF_tok": "answer",
    "transformer.MOD_tok": "between",
    "transformer.pos_emb_cfg.pos_emb": "positions",
    "transformer.blocks.": "body.blocks.",
    "transformer.ln_f.": "norm.",
    "transformer.off_head.": "head.",
    ".ln1.": ".norm1.",
    ".ln2.": ".norm2.",
    ".mlp.0.": ".mlp.fc1.",
    ".mlp.2.": ".mlp.fc2.",
}
THREE = (".attn.query.", ".attn.key.", ".attn.value.")


def recognise(shapes: Shapes) -> bool:
    return {VISUAL, AUDIO, HEAD} <= set(shapes)


def instead(shapes: Shapes) -> str:
    """What generation uses is no whole Synchformer."""
    bare = VISUAL.removeprefix("vfeat_extractor.")
    half = (VISUAL in shapes or bare in shapes) and not recognise(shapes)
    return "Synchformer's visual half alone" if half else ""


def load(path: Path, device: torch.device) -> SynchformerNetwork:
    state = read_state(path)
    audio, comparison = audio_half_state(state), comparison_state(state)
    return SynchformerNetwork(
        load_network(path, "synchformer", dtype=torch.float32, device=device),
        filled(lambda: AudioHalf(AUDIO_HALF), audio, path, "Synchformer's audio half", device),
        filled(lambda: Comparison(COMPARISON), comparison, path, "Synchformer's comparison", device),
    )


def audio_half_state(state: State) -> State:
    """Of the whole file's tensors those of the audio half, by our names."""
    named = renamed(below(state, "afeat_extractor."), AUDIO_NAMES)
    return joined(named, ".attn.qkv.", *THREE)


def comparison_state(state: State) -> State:
    parts = {n: t for n, t in state.items() if n.startswith(("transformer.", "vproj.", "aproj."))}
    return joined(renamed(parts, COMPARISON_NAMES), ".attn.qkv.", *THREE)
