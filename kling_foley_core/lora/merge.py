"""Adds a LoRA to a flow network's weights: W + strength * alpha / rank * B A, in float32, in the order of
ComfyUI's loader, so that both give the same bits.

Several LoRAs are added one after the other; strength 0 leaves every bit as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..checkpoints.kinds.mmdit import KIND, variant
from ..errors import InputError
from ..mmdit import MMDiT, MMDiTConfig
from .file import PREFIX, UNDERSCORED, LoRAFile, Pair


def check_lora(lora: LoRAFile, config: MMDiTConfig) -> None:
    """InputError unless every pair has its layer in a network of this config; builds no weights."""
    _matched(lora, KIND.without_values(config))


@torch.no_grad()
def merge_lora(network: MMDiT, lora: LoRAFile, strength: float) -> None:
    """Changes `network`. InputError, before anything is changed, where the LoRA does not fit it."""
    matched = _matched(lora, network)
    if strength == 0:
        return
    for layer, pair in matched:
        old = layer.weight
        added = (strength * pair.scale * _product(pair, old)).to(old.device)
        new = (old.float() + added).to(old.dtype)
        layer.weight = nn.Parameter(new, requires_grad=old.requires_grad)


def _product(pair: Pair, like: Tensor) -> Tensor:
    """B A in the shape of the layer's weight, float32."""
    down, up = (t.to(like.device, torch.float32).flatten(1) for t in (pair.down, pair.up))
    return (up @ down).reshape(like.shape)


def _matched(lora: LoRAFile, network: MMDiT) -> list[tuple[nn.Module, Pair]]:
    layers: dict[str, nn.Module] = {}
    for name, layer in network.named_modules():
        if isinstance(getattr(layer, "weight", None), Tensor):
            layers[PREFIX + name] = layers[UNDERSCORED + name.replace(".", "_")] = layer
    matched = []
    for name, pair in lora.pairs.items():
        layer = layers.get(name)
        if layer is None:
            raise _unfit(lora, network, f"it has no layer {name.removeprefix(PREFIX)}")
        given = (pair.up.shape[0], *pair.down.shape[1:])
        if given != tuple(layer.weight.shape):
            sizes = f"is {[*layer.weight.shape]}, and the LoRA's {[*given]}"
            raise _unfit(lora, network, f"its layer {name.removeprefix(PREFIX)} {sizes}")
        matched.append((layer, pair))
    return matched


def _unfit(lora: LoRAFile, network: MMDiT, why: str) -> InputError:
    return InputError(
        f"LoRA {lora.path}: it was made for {lora.made_for} and does not fit this flow network, "
        f"{variant(network.config)}: {why}. Use it with the model that it was made for."
    )
