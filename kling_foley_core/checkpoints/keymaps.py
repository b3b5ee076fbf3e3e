"""CLIP's two spellings: open_clip names to transformers names, with the splits and transposes that go with
them.

open_clip keeps query, key and value of an attention in one matrix [3D, D] and its two projections as [in,
out]; transformers has three matrices and linears [out, in]. The functions work on tensors with and without
data.
"""

from __future__ import annotations

from torch import Tensor

TOWERS = {
    "visual.transformer.resblocks.": "vision_model.encoder.layers.",
    "transformer.resblocks.": "text_model.encoder.layers.",
}
INSIDE = {
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


def clip_to_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names that are not open_clip's stay as they are, so that the check against the network reports them."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name in TRANSPOSED:
            out[TRANSPOSED[name]] = tensor.t().contiguous()
        elif name in OUTSIDE:
            out[OUTSIDE[name]] = tensor
        else:
            out.update(_layer_tensor(name, tensor))
    return out


def _layer_tensor(name: str, tensor: Tensor) -> dict[str, Tensor]:
    for old, new in TOWERS.items():
        if not name.startswith(old):
            continue
        number, _, rest = name[len(old) :].partition(".")
        if rest in ("attn.in_proj_weight", "attn.in_proj_bias"):
            suffix = rest.rpartition("_")[2]
            parts = zip("qkv", tensor.chunk(3), strict=True)
            return {f"{new}{number}.self_attn.{p}_proj.{suffix}": part.contiguous() for p, part in parts}
        module, _, suffix = rest.rpartition(".")
        return {f"{new}{number}.{INSIDE[module]}.{suffix}" if module in INSIDE else name: tensor}
    return {name: tensor}
