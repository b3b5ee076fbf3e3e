"""The golden CLIP weights under transformers' names, by the golden map of the spellings, and under ours."""

from __future__ import annotations

from golden_files import Golden, golden_json
from torch import Tensor

from kling_foley_core.checkpoints.keymaps import from_transformers


def transformers_clip(file: Golden, prefix: str = "w.") -> dict[str, Tensor]:
    """Whole CLIP, both towers, from open_clip's spelling."""
    stored = file.weights(prefix)
    return {
        name: _rows(stored[source], rule)
        for name, (source, rule) in golden_json("clip_openclip_to_transformers_map").items()
    }


def _rows(tensor: Tensor, rule: str) -> Tensor:
    """`rule` is "same", "transpose" or "rows[i*d:(i+1)*d] d=width" (query, key, value lie stacked)."""
    if rule == "same":
        return tensor
    if rule == "transpose":
        return tensor.T.contiguous()
    block, width = int(rule[len("rows[")]), int(rule.split("d=")[1])
    return tensor[block * width : (block + 1) * width].clone()


def vision_tower(file: Golden, prefix: str = "w.") -> dict[str, Tensor]:
    return _starting(
        from_transformers(transformers_clip(file, prefix)), "vision_model.", "visual_projection."
    )


def text_tower(file: Golden, prefix: str = "w.") -> dict[str, Tensor]:
    return _starting(from_transformers(transformers_clip(file, prefix)), "text_model.")


def _starting(state: dict[str, Tensor], *starts: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if name.startswith(starts)}
