"""A LoRA as a file: for each layer of a flow network two factors and a scale.

    diffusion_model.LAYER.lora_A.weight   [rank, in] of a linear map, [rank, in, kernel] of a convolution
    diffusion_model.LAYER.lora_B.weight   [out, rank] or [out, rank, 1]
    diffusion_model.LAYER.alpha           []; the layer's weight becomes W + strength * alpha / rank * B A

These are the names by which ComfyUI's LoraLoaderModelOnly finds the layers of our MODEL; files of other
tools with `lora_down` / `lora_up`, or layers called `lora_unet_LAYER` with underscores for dots, which that
loader takes too, are read as well. The metadata name the model that the LoRA was made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..checkpoints.header import Header, read_header
from ..checkpoints.load import stored
from ..errors import InputError
from ..files.whole_file import made_folder, whole_file
from ..limits import MAX_LORA_RANK

FORMAT = "kling-foley lora"
PREFIX, UNDERSCORED = "diffusion_model.", "lora_unet_"
DOWN, UP = (".lora_A.weight", ".lora_down.weight"), (".lora_B.weight", ".lora_up.weight")
ALPHA = ".alpha"
SHOWN = 100  # characters of what a file's metadata say, in a message


class Pair(NamedTuple):
    """W + strength * scale * up down: down [rank, ...], up [out, rank, ...]; `scale` is alpha / rank."""

    down: Tensor
    up: Tensor
    scale: float


@dataclass(frozen=True)
class LoRAFile:
    """`pairs`: by the layer's name as the file has it; `base`: the model it was made for, "" if unsaid."""

    path: Path
    base: str
    pairs: dict[str, Pair]

    @property
    def made_for(self) -> str:
        return self.base or "a model that its file does not name"


def read_lora(path: str | Path) -> LoRAFile:
    """InputError for what is no LoRA, is damaged, has factors that don't fit each other, or values that are
    no numbers."""
    header = read_header(path)
    layers = _layers(header)
    tensors, _ = stored(header)
    pairs = {layer: _pair(header.path, layer, tensors, names) for layer, names in layers.items()}
    return LoRAFile(header.path, header.metadata.get("base", "")[:SHOWN], pairs)


def save_lora(path: str | Path, pairs: Mapping[str, tuple[Tensor, Tensor]], alpha: float, base: str) -> None:
    """`pairs`: layer -> (down, up) in the shapes above; `base`: a preset's name, or the sizes."""
    tensors: dict[str, Tensor] = {}
    for layer, (down, up) in pairs.items():
        tensors[f"{PREFIX}{layer}{DOWN[0]}"] = down.detach().cpu().contiguous()
        tensors[f"{PREFIX}{layer}{UP[0]}"] = up.detach().cpu().contiguous()
        tensors[f"{PREFIX}{layer}{ALPHA}"] = torch.tensor(float(alpha))
    made_folder(Path(path).parent, "the folder of the LoRA")
    with whole_file(path) as draft:
        draft.touch()
        readers = draft.stat().st_mode
        save_file(tensors, draft, metadata={"format": FORMAT, "base": base})
        draft.chmod(readers)  # safetensors makes files that only their owner can read


def _layers(header: Header) -> dict[str, dict[str, str]]:
    """Layer -> {"down" | "up" | "alpha": the tensor's name}."""
    layers: dict[str, dict[str, str]] = {}
    strange = []
    for name in header.specs:
        layer, role = _role(name)
        if role is None:
            strange.append(name)
        elif role in layers.setdefault(layer, {}):
            raise InputError(
                f"LoRA {header.path}: it has two tensors for {role} of {layer}; give another file."
            )
        else:
            layers[layer][role] = name
    if not layers or strange:
        what = f"tensors of other kinds, such as {strange[0]}" if strange else "no tensors"
        raise InputError(
            f"LoRA {header.path}: it holds {what}; give a safetensors file that has lora_A and lora_B (or "
            "lora_down and lora_up) for each layer, and nothing else."
        )
    return layers


def _role(name: str) -> tuple[str, str | None]:
    for role, suffixes in (("down", DOWN), ("up", UP), ("alpha", (ALPHA,))):
        for suffix in suffixes:
            if name.endswith(suffix):
                return name.removesuffix(suffix), role
    return name, None


def _pair(path: Path, layer: str, tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> Pair:
    missing = [role for role in ("down", "up") if role not in names]
    if missing:
        raise InputError(f"LoRA {path}: layer {layer} has no {missing[0]} factor; give a whole file.")
    down, up = (tensors[names[role]] for role in ("down", "up"))
    whole = [1] * max(0, up.ndim - 2)
    if down.ndim < 2 or up.ndim < 2 or up.shape[1] != down.shape[0] or [*up.shape[2:]] != whole:
        raise InputError(
            f"LoRA {path}: the factors of layer {layer} are {[*up.shape]} and {[*down.shape]}, which "
            "can't be multiplied; give another file."
        )
    rank = down.shape[0]
    if not 1 <= rank <= MAX_LORA_RANK:
        raise InputError(f"LoRA {path}: layer {layer} has rank {rank}; 1 to {MAX_LORA_RANK} can be read.")
    alpha = tensors[names["alpha"]] if "alpha" in names else torch.tensor(float(rank))
    numbers = (down, up, alpha)
    if alpha.numel() != 1 or not all(t.is_floating_point() and t.float().isfinite().all() for t in numbers):
        raise InputError(
            f"LoRA {path}: layer {layer} has values that are no numbers; its training has failed."
        )
    return Pair(down, up, float(alpha) / rank)
