"""Inside ComfyUI's process (see inside.py): which layers hold the weights, what stays in memory after runs,
and what unloading gives back."""

from __future__ import annotations

import gc
import resource
from pathlib import Path
from typing import Any

import comfy.model_management as memory
import comfy.ops
import torch
from inside import part

MEASURED_AFTER = (1, 2, 3, 50)
FRAMES = 44


def raw_parameters() -> dict[str, list[str]]:
    """Kind of network -> its parameters outside of the host's layers, over all presets, as Class.name."""
    presets, kinds = (
        part("kling_foley_core.presets").PRESETS,
        part("kling_foley_core.checkpoints.kinds").KINDS,
    )
    assembly, hosted = part("kling_foley_core.systems.assembly"), {}
    layers = {
        "operations": comfy.ops.manual_cast,
        "attention": None,
        "device": "meta",
        "dtype": torch.float16,
    }
    for preset in presets.values():
        for name in ("generator", "text", "visual", "sync", "vae", "vocoder", "stereo"):
            config = getattr(preset, name)
            if config is None:
                continue
            kind = assembly.KIND_OF_PART.get(name, name) if name != "text" else assembly._text_kind(config)
            network = kinds[kind].build(config, **layers)
            assert all(p.is_meta for p in network.parameters())
            hosted.setdefault(kind, set()).update(
                f"{type(module).__name__}.{parameter}"
                for module in network.modules()
                if not isinstance(module, comfy.ops.CastWeightBiasOp)
                for parameter, _ in module.named_parameters(recurse=False)
            )
    return {kind: sorted(names) for kind, names in hosted.items()}


class Graph:
    """The nodes of the whole graph from text to stereo, run without a server."""

    def __init__(self) -> None:
        networks, small = part("nodes.host.networks"), part("nodes.host.networks").SMALL_CHOICE
        self.model = networks.hosted_model(small)
        self.text, self.visual = networks.hosted_text_encoder(small), networks.hosted_visual_encoder(small)
        self.sync, self.stereo = networks.hosted_sync_encoder(small), networks.hosted_stereo(small)
        self.codec = networks.hosted_codec(small, networks.IN_CODEC)

    @property
    def hosted(self) -> list[Any]:
        return [self.text, self.visual, self.sync, self.codec, self.stereo]

    @torch.inference_mode()
    def run(self, seed: int) -> torch.Tensor:
        node = {
            n: part(f"nodes.{n}") for n in ("text", "visual", "sync", "conditioning", "sampling", "codec")
        }
        images = torch.rand(24, 64, 64, 3, generator=torch.Generator().manual_seed(1))
        (said,) = node["text"].TextEncode.execute(self.text, "a bell").result
        (seen,) = node["visual"].VisualFeaturesNode.execute(self.visual, 24.0, None, images).result
        (moved,) = node["sync"].SyncFeaturesNode.execute(self.sync, 24.0, None, images).result
        positive, negative, *_ = (
            node["conditioning"].Conditioning.execute(1.0, 0.0, 0.0, said, None, seen, moved).result
        )
        empty = {"samples": torch.zeros(1, self.codec.network.latent_dim, FRAMES)}
        (latent,) = (
            node["sampling"].Sampler.execute(self.model, positive, negative, empty, 2, 4.5, seed).result
        )
        audio, mel = node["codec"].CodecDecode.execute(self.codec, latent).result
        (stereo,) = part("nodes.stereo").StereoRender.execute(self.stereo, audio, mel, moved).result
        return stereo["waveform"]


def state() -> dict[str, float]:
    """What the process holds now."""
    gc.collect()
    tensors = [o for o in gc.get_objects() if isinstance(o, torch.Tensor)]
    status = Path("/proc/self/status")
    resident = next((int(x.split()[1]) for x in status.read_text().splitlines() if x.startswith("VmRSS")), 0)
    return {
        "networks": len(memory.current_loaded_models),
        "weights_mb": sum(m.model_memory() for m in memory.current_loaded_models) / 2**20,
        "tensors": len(tensors),
        "tensors_mb": sum(t.untyped_storage().nbytes() for t in tensors if not t.is_meta) / 2**20,
        "resident_mb": resident / 2**10,
    }


def fifty_runs() -> dict[str, dict[str, float]]:
    """The state after run 1, 2, 3 and 50, a new seed each."""
    graph, found = Graph(), {}
    for seed in range(1, max(MEASURED_AFTER) + 1):
        graph.run(seed)
        if seed in MEASURED_AFTER:
            found[str(seed)] = state()
    return found


def unloaded_and_again() -> dict[str, Any]:
    """A run, all models unloaded as /free does it, the same run: same bits? And all let go: nothing is
    left."""
    graph = Graph()
    before = graph.run(1)
    loaded = len(memory.current_loaded_models)
    memory.unload_all_models()
    unloaded = len(memory.current_loaded_models)
    same = bool(torch.equal(graph.run(1), before))
    # A clone (a LoRA makes one) shares the network: two patchers, one set of weights.
    weak = [hosted.network for hosted in graph.hosted] + [graph.model.model]
    sizes = sum(p.nbytes for network in weak for p in network.parameters()) / 2**20
    memory.unload_all_models()
    with_weights = state()["tensors_mb"]
    del graph, weak
    memory.cleanup_models_gc() if hasattr(memory, "cleanup_models_gc") else gc.collect()
    return {
        "loaded": loaded,
        "unloaded": unloaded,
        "same": same,
        "weights_mb": sizes,
        "let_go_mb": with_weights - state()["tensors_mb"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
    }


CHECKS = (raw_parameters, fifty_runs, unloaded_and_again)
