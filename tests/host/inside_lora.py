"""Inside ComfyUI's process (see inside.py): LoRAs through the host's loader against the library's own
merging."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from inside import part, seen

sys.path.insert(0, str(Path(__file__).parents[1]))  # golden_files

SECONDS, LENGTH = 1, 44  # latent frames of it, at 44.1 kHz


def small() -> dict[str, float]:
    return compared(part("nodes.host.networks").BUILT_IN, part("kling_foley_core.presets").SMALL.generator)


def mmaudio() -> dict[str, float]:
    """MMAudio's shapes at reduced width, in a file as it is published."""
    from golden_files import golden

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.pth")
        torch.save(golden("end_to_end_44k").weights("w_net."), path)
        config = part("kling_foley_core.checkpoints").recognise(path).config
        return compared(path, config)


@torch.inference_mode()
def compared(base: Path, config: Any) -> dict[str, float]:
    """One LoRA at 0.7 and another at -0.4: largest differences of weights and of sampled latents."""
    networks, library = part("nodes.host.networks"), part("kling_foley_core.lora")
    with tempfile.TemporaryDirectory() as folder:
        files = [write(Path(folder, f"lora{i}.safetensors"), config, seed=i) for i in range(2)]
        model = networks.hosted_model(base if base != networks.BUILT_IN else networks.SMALL_CHOICE)
        plain = sampled(model)
        none = sampled(loaded(model, files[0], 0.0))
        both = loaded(loaded(model, files[0], 0.7), files[1], -0.4)
        with_both = sampled(both)
        held = {k: v.clone() for k, v in both.model.diffusion_model.state_dict().items()}
        merged = part("kling_foley_core.checkpoints").load_network(base, "mmdit", dtype=torch.float32)
        for file, strength in zip(files, (0.7, -0.4), strict=True):
            library.merge_lora(merged, library.read_lora(file), strength)
    expected = own_sampled(merged)
    return {
        "weights": max((v - held[k]).abs().max().item() for k, v in merged.state_dict().items()),
        "latents": (with_both - expected).abs().max().item(),
        "deviation": expected.std().item(),
        "effect": (with_both - plain).abs().max().item(),
        "strength_0": (none - plain).abs().max().item(),
    }


def write(path: Path, config: Any, seed: int) -> Path:
    """Drawn factors on every layer of the network, linear maps and convolutions."""
    draw, net = torch.Generator().manual_seed(seed), part("kling_foley_core.mmdit").MMDiT(config)
    pairs = {}
    for name, layer in net.named_modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv1d):
            shape, rank = layer.weight.shape, 4
            down = torch.randn(rank, *shape[1:], generator=draw) / shape[1:].numel() ** 0.5
            pairs[name] = down, torch.randn(shape[0], rank, *[1] * (len(shape) - 2), generator=draw) / 30
    part("kling_foley_core.lora").save_lora(path, pairs, 8.0, "test")
    return path


def loaded(model: Any, file: Path, strength: float) -> Any:
    """Through the host's node."""
    import folder_paths

    from nodes import LoraLoaderModelOnly

    folder_paths.add_model_folder_path("loras", str(file.parent))
    (patched,) = LoraLoaderModelOnly().load_lora_model_only(model, file.name, strength)
    return patched


def features(config: Any) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    shapes = {"visual": (8, config.visual_dim), "sync": (24, config.sync_dim)}
    return {name: torch.randn(1, *shape, generator=draw) for name, shape in shapes.items()}


def sampled(model: Any) -> torch.Tensor:
    """The host's latent [1, C, L] for drawn features."""
    conditioning, sampling = part("nodes.conditioning"), part("nodes.sampling")
    config = model.model.source.config
    given = features(config)
    views = [source_of(model, seen(kind, tokens, SECONDS), kind) for kind, tokens in given.items()]
    positive, negative, *_ = conditioning.Conditioning.execute(8.0, 0.0, 0.0, None, None, *views).result
    latent = {"samples": torch.zeros(1, config.latent_dim, LENGTH)}
    (out,) = sampling.Sampler.execute(model, positive, negative, latent, 10, 2.0, 3).result
    return out["samples"]


def source_of(model: Any, video: Any, kind: str) -> Any:
    """Features as an encoder of this model's width would give them."""
    from dataclasses import replace

    field, width = {"visual": ("projection", "visual_dim"), "sync": ("dim", "sync_dim")}[kind]
    config = replace(video.source.config, **{field: getattr(model.model.source.config, width)})
    return replace(video, source=replace(video.source, config=config))


def own_sampled(network: Any) -> torch.Tensor:
    flow, mmdit = part("kling_foley_core.flow"), part("kling_foley_core.mmdit")
    given = mmdit.Features.of(float(SECONDS), **features(network.config))
    branches = [network.condition(f, LENGTH) for f in (given, given.without_video())]
    x0 = flow.noise(3, 1, network.config.latent_dim, LENGTH)
    x = flow.euler(flow.guided(network, *branches, 2.0), x0, flow.time_grid(10))
    return network.unnormalize(x).transpose(1, 2)


CHECKS = (small, mmaudio)
