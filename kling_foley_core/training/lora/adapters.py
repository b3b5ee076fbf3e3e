"""Low-rank additions on a flow network's layers, by peft: all else is frozen.

A is drawn, B begins at zero, so the network begins as it was; it then computes W x + alpha / rank * B A x.
Layers by group, for every MM-DiT (joint blocks, audio-only blocks, of any depth; a group's layers are linear
maps in some streams and convolutions in others):

    attention    qkv and the projection of what was attended
    mlp          the three maps of the gated MLPs
    modulation   the linear map to shifts, scales and gates
    inputs       what lies outside the blocks: projections of latent, conditions and time, and the last layer

peft is part of the extra `train`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...limits import MAX_LORA_RANK
from ...mmdit import MMDiT

GROUPS: dict[str, tuple[str, ...]] = {
    "attention": (".attn.qkv", ".linear1"),
    "mlp": (".ffn.w1", ".ffn.w2", ".ffn.w3"),
    "modulation": (".adaLN_modulation.1",),
    "inputs": (),
}
BLOCKS = ("joint_blocks.", "fused_blocks.")
ADAPTER = "default"  # peft's name of the only one


@dataclass(frozen=True)
class LoRAConfig:
    rank: int
    alpha: float
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.rank <= MAX_LORA_RANK:
            raise InputError(f"lora.rank = {self.rank}: give 1 to {MAX_LORA_RANK}.")
        if not 0 < self.alpha < float("inf"):
            raise InputError(f"lora.alpha = {self.alpha}: give a number above 0, such as the rank.")
        unknown = [g for g in self.groups if g not in GROUPS]
        if unknown or not self.groups:
            named = f"{unknown[0]!r} is none" if unknown else "there is none"
            raise InputError(f"lora.groups: {named}; choose from {', '.join(GROUPS)}.")


def layers_of(network: MMDiT, groups: tuple[str, ...]) -> list[str]:
    """Names of the linear maps and convolutions of these groups."""
    return [
        name
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv1d) and _group(name) in groups
    ]


def _group(name: str) -> str:
    if not name.startswith(BLOCKS):
        return "inputs"
    return next(group for group, endings in GROUPS.items() if name.endswith(endings))


def attach(network: MMDiT, config: LoRAConfig, seed: int) -> list[nn.Parameter]:
    """Changes `network` in place; returns what is to be trained, in float32 whatever the network's type."""
    from peft import LoraConfig, inject_adapter_in_model

    settings = LoraConfig(
        r=config.rank, lora_alpha=config.alpha, target_modules=layers_of(network, config.groups)
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(settings, network)
    trained = [p for p in network.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    return trained


def attached(network: MMDiT) -> dict[str, tuple[Tensor, Tensor]]:
    """Layer -> (A, B), which are (down, up) of `lora.file`."""
    from peft.tuners.lora import LoraLayer

    return {
        name: (layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight)
        for name, layer in network.named_modules()
        if isinstance(layer, LoraLayer)
    }
