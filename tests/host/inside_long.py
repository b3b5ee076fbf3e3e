"""Inside ComfyUI's process (see inside.py): clips longer than one window on the built-in MODEL, with nothing
wired, against the library's sampling."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import comfy.context_windows
import comfy.model_management as memory
import comfy.sample
import comfy.samplers
import torch
from comfy.patcher_extension import WrappersMP
from inside import part, seen

SECONDS = Fraction(2130, 100)  # three windows
CFG, STEPS, SEED = 2.0, 2, 3


def whole() -> dict[str, Any]:
    """The clip's features, for the library and for the nodes, and the host's MODEL and CONDITIONING."""
    timing, mmdit = part("kling_foley_core.timing"), part("kling_foley_core.mmdit")
    networks = part("nodes.host.networks")
    checkpoints = part("kling_foley_core.checkpoints")
    library = checkpoints.load_network(networks.BUILT_IN, "mmdit", dtype=torch.float32)
    config, draw = library.config, torch.Generator().manual_seed(1)
    visual = torch.randn(1, timing.visual_frames(SECONDS), config.visual_dim, generator=draw)
    sync = torch.randn(1, timing.sync_tokens(SECONDS), config.sync_dim, generator=draw)
    text = torch.randn(1, config.text_len, config.text_dim, generator=draw)
    place = {"start": 4.0, "total": 60.0}
    features = mmdit.Features.of(SECONDS, visual=visual, sync=sync, text=text, **place)
    looked = seen("visual", visual, SECONDS), seen("sync", sync, SECONDS)
    conditioning = part("nodes.conditioning").Conditioning.execute
    positive, negative, *_ = conditioning(8.0, 4.0, 60.0, [[text, {}]], None, *looked).result
    frames = timing.latent_frames(SECONDS, 44100, 512)
    return {
        "library": library,
        "features": features,
        "frames": frames,
        "latent": {"samples": torch.zeros(1, config.latent_dim, frames)},
        "model": networks.hosted_model(networks.SMALL_CHOICE),
        "positive": positive,
        "negative": negative,
    }


def ours(clip: dict[str, Any], steps: int, latent: dict[str, Any] | None = None) -> torch.Tensor:
    run = part("nodes.sampling").Sampler.execute
    given = clip["positive"], clip["negative"], latent or clip["latent"]
    return run(clip["model"], *given, steps, CFG, SEED).result[0]["samples"]


@torch.inference_mode()
def samplers() -> dict[str, float]:
    """Largest differences from the library of our sampler node, KSampler's and SamplerCustomAdvanced's ways,
    and of a latent of one frame more or less over the frames that stay."""
    clip = whole()
    flow, sampling = part("kling_foley_core.flow"), part("kling_foley_core.generation.sampling")
    x = flow.noise(SEED, 1, clip["library"].config.latent_dim, clip["frames"])
    times = flow.time_grid(STEPS)
    said = part("kling_foley_core.prompts").TimedTokens.of
    texts, weights = (said(clip["features"].text), said(None)), sampling.Weights(CFG)
    expected = sampling.sample(
        clip["library"], clip["features"], *texts, SECONDS, x, times, weights, torch.float32
    ).transpose(1, 2)
    windows = sampling.windows_of(clip["library"].config, clip["features"], SECONDS, clip["frames"])
    start, sigmas = clip["latent"]["samples"], 1 - times
    noise = comfy.sample.prepare_noise(start, SEED)
    euler = comfy.samplers.sampler_object("euler")
    both = clip["positive"], clip["negative"]
    simple = comfy.sample.sample(
        clip["model"], noise, STEPS, CFG, "euler", "simple", *both, start, disable_pbar=True, seed=SEED
    )
    guider = comfy.samplers.CFGGuider(clip["model"])
    guider.set_conds(*both)
    guider.set_cfg(CFG)
    custom = guider.sample(noise, start, euler, sigmas, disable_pbar=True, seed=SEED)
    return {
        "windows": len(windows),
        "deviation": expected.std().item(),
        "ours": (ours(clip, STEPS) - expected).abs().max().item(),
        "ksampler": (simple - expected).abs().max().item(),
        "custom": (custom - expected).abs().max().item(),
    }


@torch.inference_mode()
def lengths() -> dict[str, list[int]]:
    """What comes out for a frame more and less than the seconds have."""
    clip = whole()
    shape = clip["latent"]["samples"].shape
    made = [ours(clip, 1, {"samples": torch.zeros(*shape[:2], shape[2] + more)}) for more in (-1, 1)]
    return {"expected": [shape[2] - 1, shape[2] + 1], "made": [m.shape[2] for m in made]}


@torch.inference_mode()
def calls() -> dict[str, Any]:
    """Batch and frames of each evaluation of the network in one step: in the model's own windows, and where
    the host's take their place."""
    clip, seen_frames = whole(), []
    network = clip["model"].model.diffusion_model
    kept = type(network).velocity

    def counted(self, x, *rest):
        seen_frames.append(list(x.shape[:2]))
        return kept(self, x, *rest)

    type(network).velocity = counted
    try:
        run = part("nodes.sampling").Sampler.execute
        given = clip["positive"], clip["negative"], clip["latent"], 1, CFG, SEED
        run(clip["model"], *given)
        own, needed = list(seen_frames), clip["model"].model.memory_required([2, 1, clip["frames"]])
        one = clip["model"].model.memory_required([2, 1, 431])
        seen_frames.clear()
        handled = clip["model"].clone()
        handled.model_options["context_handler"] = handler()
        run(handled, *given)
    finally:
        type(network).velocity = kept
    return {"own": own, "host": list(seen_frames), "memory": needed / one}


def handler() -> Any:
    windows = comfy.context_windows
    given = {"context_length": 400, "context_overlap": 0, "context_stride": 1, "closed_loop": False, "dim": 2}
    made = windows.IndexListContextHandler(
        windows.get_matching_context_schedule("standard_static"),
        windows.get_matching_fuse_method("flat"),
        **given,
    )
    made.causal_window_fix = False
    return made


@torch.inference_mode()
def wrapped() -> dict[str, Any]:
    """What a node such as EasyCache, which wraps the network's calls, sees of two steps."""
    clip, calls = whole(), []

    def wrapper(executor: Any, x: torch.Tensor, *given: Any, **named: Any) -> torch.Tensor:
        out = executor(x, *given, **named)
        calls.append([list(x.shape), list(out.shape), out.dtype == x.dtype])
        return out

    model = clip["model"].clone()
    model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "test", wrapper)
    run = part("nodes.sampling").Sampler.execute
    run(model, clip["positive"], clip["negative"], clip["latent"], 2, CFG, SEED)
    return {"calls": calls, "shape": [2, *clip["latent"]["samples"].shape[1:]]}


@torch.inference_mode()
def interrupted() -> dict[str, int]:
    """Evaluations of the network until a cancellation during the first one takes effect."""
    clip, done = whole(), []
    network = clip["model"].model.diffusion_model
    kept = type(network).velocity

    def cancelled(self, *given):
        done.append(1)
        memory.interrupt_current_processing()
        return kept(self, *given)

    type(network).velocity = cancelled
    try:
        ours(clip, 1)
        stopped = False
    except memory.InterruptProcessingException:
        stopped = True
    finally:
        type(network).velocity = kept
        memory.interrupt_current_processing(False)
    return {"stopped": stopped, "evaluations": len(done)}


CHECKS = (samplers, lengths, calls, wrapped, interrupted)
