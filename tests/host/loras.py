"""A small LoRA in the host's generic key format, and the network with it merged, as files for the host."""

from __future__ import annotations

from pathlib import Path

import torch
from graphs import SAMPLER, latent, save_latent, up_to_sampler, with_nodes
from safetensors.torch import save_file
from server import Server
from torch import Tensor, nn

from kling_foley_core.checkpoints import load_network, save_own
from kling_foley_core.weights import BUILT_IN

RANK, ALPHA = 4, 8.0


def write_lora(models: Path) -> None:
    """models/loras/small.safetensors on every linear map and convolution of the blocks, and the small model
    with it merged, models/foley/merged.safetensors."""
    network, draw = load_network(BUILT_IN, "mmdit", dtype=torch.float32), torch.Generator().manual_seed(0)
    lora = {}
    with torch.no_grad():
        for name, layer in network.named_modules():
            if "blocks" not in name or not isinstance(layer, (nn.Linear, nn.Conv1d)):
                continue
            shape, size = layer.weight.shape, layer.weight.abs().mean()
            up = torch.randn(shape[0], RANK, *[1] * (len(shape) - 2), generator=draw)
            down = torch.randn(RANK, *shape[1:], generator=draw) * size / 8
            lora[f"diffusion_model.{name}.lora_up.weight"] = up
            lora[f"diffusion_model.{name}.lora_down.weight"] = down
            lora[f"diffusion_model.{name}.alpha"] = torch.tensor(ALPHA)
            layer.weight += ALPHA / RANK * (up.flatten(1) @ down.flatten(1)).view(shape)
    (models / "loras").mkdir(exist_ok=True)
    (models / "foley").mkdir(exist_ok=True)
    save_file(lora, models / "loras/small.safetensors")
    save_own(models / "foley/merged.safetensors", network.state_dict(), "mmdit", network.config)


def sampled(server: Server, graph: dict) -> list[Tensor]:
    """Latents: plain, with the LoRA at strength 0 and at 1, and of the merged file."""
    graph = up_to_sampler(graph)
    settings = graph[SAMPLER]["inputs"]
    lora = {"model": ["2", 0], "lora_name": "small.safetensors"}
    graph = with_nodes(
        graph,
        n40=("LoraLoaderModelOnly", lora | {"strength_model": 0.0}),
        n41=("LoraLoaderModelOnly", lora | {"strength_model": 1.0}),
        n42=("KlingFoleyModelLoader", {"model": "merged.safetensors"}),
        n50=("KlingFoleySampler", settings | {"model": ["40", 0]}),
        n51=("KlingFoleySampler", settings | {"model": ["41", 0]}),
        n52=("KlingFoleySampler", settings | {"model": ["42", 0]}),
        n60=save_latent(SAMPLER),
        n61=save_latent("50"),
        n62=save_latent("51"),
        n63=save_latent("52"),
    )
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    return [latent(server, outcome, node) for node in ("60", "61", "62", "63")]
