"""CLIP's two spellings, open_clip's and transformers', to the names of our towers.

Those are transformers', but for query, key and value of an attention, which are one matrix [3D, D] as in
open_clip, where transformers has three. open_clip's two projections are [in, out], transformers' and ours
[out, in]. The functions work on tensors with and without data.
"""

from __future__ import annotations

import torch
from torch import Tensor

TOWERS = {
    "visual.transformer.resblocks.": "vision_model.encoder.layers.",
    "transformer.resblocks.": "text_model.encoder.layers.",
}
INSIDE = {
    "attn.in_proj": "self_attn.qkv_proj",
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
OUTSIDE = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",  # transformers' own spelling
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "logit_scale": "logit_scale",
}
TRANSPOSED = {"visual.proj": "visual_projection.weight", "text_projection": "text_projection.weight"}


def from_open_clip(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names that are not open_clip's stay as they are, so that the check against the network reports them."""
    transposed = {TRANSPOSED[n]: t.t().contiguous() for n, t in state.items() if n in TRANSPOSED}
    return {_name(n): t for n, t in state.items() if n not in TRANSPOSED} | transposed


def from_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """An attention of which a matrix is missing stays as it is, for the same reason."""
    out = dict(state)
    for name in state:
        three = [name.replace(".q_proj.", f".{w}_proj.") for w in "qkv"]
        if ".self_attn.q_proj." in name and all(n in state for n in three):
            out[name.replace(".q_proj.", ".qkv_proj.")] = torch.cat([out.pop(n) for n in three])
    return out


def to_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a tower holds as transformers' files name it, in their order."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if ".qkv_proj." not in name:
            out[name] = tensor
        elif name.endswith(".weight"):
            layer, _, _ = name.partition("qkv_proj.")
            parts = zip("qkv", tensor.chunk(3), state[f"{layer}qkv_proj.bias"].chunk(3), strict=True)
            for which, weight, bias in sorted(parts, key=lambda part: "kvq".index(part[0])):
                out |= {f"{layer}{which}_proj.weight": weight, f"{layer}{which}_proj.bias": bias}
    return out


def _name(name: str) -> str:
    """Of one of open_clip's tensors, ours."""
    if name in OUTSIDE:
        return OUTSIDE[name]
    for old, new in TOWERS.items():
        if name.startswith(old):
            number, _, rest = name[len(old) :].partition(".")
            module, _, suffix = rest.replace("in_proj_", "in_proj.").rpartition(".")
            return f"{new}{number}.{INSIDE[module]}.{suffix}" if module in INSIDE else name
    return name
