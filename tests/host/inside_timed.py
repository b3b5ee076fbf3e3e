"""Inside ComfyUI's process (see inside.py): texts with times and separate weights on the built-in MODEL,
against the library's sampling, and against the host's own ranges and guider."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import comfy.samplers
import torch
from comfy_extras.nodes_custom_sampler import Guider_DualCFG
from comfy_extras.nodes_video_model import ConditioningSetAreaPercentageVideo
from inside import part, seen

from nodes import (
    ConditioningCombine,
    ConditioningConcat,
    ConditioningSetAreaPercentage,
    ConditioningSetMask,
)

SECONDS, LONG = Fraction(3), Fraction(2130, 100)  # one window, three
CFG, PICTURE, STEPS, SEED = 3.0, 1.5, 3, 3
FIRST, SECOND = "rain outside", "crickets chirping"
BOTH = f"[0-1.5] {FIRST} [1.5-3] {SECOND}"
NEGATIVE = "[1-] music"


def setting(seconds: Fraction = SECONDS) -> SimpleNamespace:
    """The library's network, the host's MODEL, drawn features and an encoder that draws tokens by text."""
    timing, networks = part("kling_foley_core.timing"), part("nodes.host.networks")
    library = part("kling_foley_core.checkpoints").load_network(
        networks.BUILT_IN, "mmdit", dtype=torch.float32
    )
    config, draw = library.config, torch.Generator().manual_seed(1)
    visual = 0.2 * torch.randn(1, timing.visual_frames(seconds), config.visual_dim, generator=draw)
    sync = 0.2 * torch.randn(1, timing.sync_tokens(seconds), config.sync_dim, generator=draw)
    frames = timing.latent_frames(seconds, 44100, 512)
    return SimpleNamespace(
        seconds=seconds,
        library=library,
        model=networks.hosted_model(networks.SMALL_CHOICE),
        features=part("kling_foley_core.mmdit").Features.of(seconds, visual=visual, sync=sync),
        looked=(seen("visual", visual, seconds), seen("sync", sync, seconds)),
        frames=frames,
        latent={"samples": torch.zeros(1, config.latent_dim, frames)},
    )


class Encoder:
    """As a hosted text encoder, with tokens drawn by text."""

    def __init__(self, config: Any) -> None:
        self.network, self.where, self.config = self, {}, config
        self.dim = config.text_dim
        self.source = part("kling_foley_core.systems.compatibility").Source(
            part("nodes.host.networks").SMALL_CHOICE, part("kling_foley_core.presets").SMALL.text
        )

    def run(self, function: Any) -> torch.Tensor:
        return function(self)

    def encode(self, texts: list[str]) -> torch.Tensor:
        (text,) = texts
        draw = torch.Generator().manual_seed(sum(map(ord, text)))
        return 0.2 * torch.randn(1, self.config.text_len, self.config.text_dim, generator=draw)


def said(clip: SimpleNamespace, text: str) -> list:
    return part("nodes.text").TextEncode.execute(Encoder(clip.library.config), text).result[0]


def branches(clip: SimpleNamespace, text: Any, negative: Any = None) -> tuple[list, list, Any, list]:
    return part("nodes.conditioning").Conditioning.execute(8.0, 0.0, 0.0, text, negative, *clip.looked).result


def sampled(clip: SimpleNamespace, positive: list, negative: list, **weights: float) -> torch.Tensor:
    given = clip.model, positive, negative, clip.latent, STEPS, weights.pop("cfg", CFG), SEED
    return part("nodes.sampling").Sampler.execute(*given, **weights).result[0]["samples"]


def by_library(clip: SimpleNamespace, text: str, negative: str = "", **weights: float) -> torch.Tensor:
    flow, prompts = part("kling_foley_core.flow"), part("kling_foley_core.prompts")
    sampling, encoder = part("kling_foley_core.generation.sampling"), Encoder(clip.library.config)
    texts = [
        prompts.TimedTokens.encoded(
            prompts.parse(one), clip.seconds, lambda t: encoder.encode([t]) if t.strip() else None
        )
        for one in (text, negative)
    ]
    x = flow.noise(SEED, 1, clip.library.config.latent_dim, clip.frames)
    guidance = sampling.Weights(weights.get("cfg", CFG), weights.get("picture_cfg"))
    given = clip.library, clip.features, *texts, clip.seconds, x, flow.time_grid(STEPS), guidance
    return sampling.sample(*given, torch.float32).transpose(1, 2)


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a - b).abs().max().item()


@torch.inference_mode()
def syntax() -> dict[str, float]:
    """Largest differences from the library: one window and three, with times in both prompts; and one text
    over all against the same without times."""
    found = {}
    for name, seconds in (("one window", SECONDS), ("three windows", LONG)):
        clip = setting(seconds)
        positive, negative, *_ = branches(clip, said(clip, BOTH), said(clip, NEGATIVE))
        expected = by_library(clip, BOTH, NEGATIVE)
        found[name] = apart(sampled(clip, positive, negative), expected)
    plain, all_of_it = (
        sampled(clip, *branches(clip, said(clip, text))[:2]) for text in (FIRST, f"[0-] {FIRST}")
    )
    return found | {
        "deviation": expected.std().item(),
        "from plain": apart(plain, expected),
        "one text": apart(plain, all_of_it),
    }


def ranged(clip: SimpleNamespace, how: str, conditioning: list, start: float, length: float) -> list:
    """The conditioning with a range in shares of the whole, by one of the host's nodes."""
    if how == "area for video":
        return ConditioningSetAreaPercentageVideo().append(
            conditioning, 1.0, 1.0, length, 0.0, 0.0, start, 1.0
        )[0]
    if how == "area":
        return ConditioningSetAreaPercentage().append(conditioning, 1.0, length, 0.0, start, 1.0)[0]
    marked = torch.zeros(30 if how == "mask of frames" else 1, 8, 60)
    begin, end = round(start * 60), round((start + length) * 60)
    if how == "mask of frames":
        marked[begin // 2 : end // 2] = 1
    else:
        marked[:, :, begin:end] = 1
    return ConditioningSetMask().append(conditioning, marked, "default", 1.0)[0]


@torch.inference_mode()
def native() -> dict[str, Any]:
    """Two encodes with the host's ranges, joined by Conditioning (Combine) behind or before Foley
    Conditioning, and one with a gap after it: largest differences from the syntax's sound."""
    clip, found = setting(), {}
    _, negative, *_ = branches(clip, None)
    whole = sampled(clip, branches(clip, said(clip, BOTH))[0], negative)
    half = sampled(clip, branches(clip, said(clip, f"[0-1.5] {FIRST}"))[0], negative)
    texts = said(clip, FIRST), said(clip, SECOND)
    for how in ("area for video", "area", "mask", "mask of frames"):
        behind = [
            ranged(clip, how, branches(clip, text)[0], start, 0.5)
            for text, start in zip(texts, (0.0, 0.5), strict=True)
        ]
        before = [ranged(clip, how, text, start, 0.5) for text, start in zip(texts, (0.0, 0.5), strict=True)]
        behind = ConditioningCombine().combine(*behind)[0]
        before = branches(clip, ConditioningCombine().combine(*before)[0])[0]
        alone = ranged(clip, how, branches(clip, texts[0])[0], 0.0, 0.5)
        found[how] = {
            "behind": apart(sampled(clip, behind, negative), whole),
            "before": apart(sampled(clip, before, negative), whole),
            "with a gap": apart(sampled(clip, alone, negative), half),
        }
    unlike = sampled(clip, *branches(clip, texts[0])[:2])
    return found | {"deviation": whole.std().item(), "without ranges": apart(unlike, whole)}


@torch.inference_mode()
def calls() -> dict[str, list[int]]:
    """Frames of each evaluation of the network in one step without guidance: of a long clip, only the texts
    that act in a window."""
    clip, frames = setting(LONG), []
    positive, negative, *_ = branches(clip, said(clip, f"[0-2] {FIRST} [2-4] {SECOND} [20-] bell"))
    network = clip.model.model.diffusion_model
    kept = type(network).velocity

    def counted(self, x, *given):
        frames.append(x.shape[1])
        return kept(self, x, *given)

    type(network).velocity = counted
    try:
        part("nodes.sampling").Sampler.execute(clip.model, positive, negative, clip.latent, 1, 1.0, SEED)
    finally:
        type(network).velocity = kept
    return {"frames": frames}


@torch.inference_mode()
def weights() -> dict[str, float]:
    """Separate weights: our sampler and the host's Dual CFG Guider against the library's formula."""
    clip = setting()
    positive, negative, _, picture = branches(clip, said(clip, BOTH), said(clip, "music"))
    expected = by_library(clip, BOTH, "music", picture_cfg=PICTURE)
    guider = Guider_DualCFG(clip.model)
    guider.set_conds(positive, picture, negative)
    guider.set_cfg(CFG, PICTURE)
    noise = torch.randn(clip.latent["samples"].shape, generator=torch.Generator().manual_seed(SEED))
    sigmas = 1 - part("kling_foley_core.flow").time_grid(STEPS)
    euler = comfy.samplers.sampler_object("euler")
    dual = guider.sample(noise, clip.latent["samples"], euler, sigmas, disable_pbar=True, seed=SEED)
    plain = sampled(clip, positive, negative)
    return {
        "deviation": expected.std().item(),
        "ours": apart(sampled(clip, positive, negative, picture_cfg=PICTURE), expected),
        "dual": apart(dual, expected),
        "plain": apart(plain, expected),
        "equal": apart(plain, sampled(clip, positive, negative, picture_cfg=CFG)),
    }


@torch.inference_mode()
def refused() -> dict[str, str]:
    """What is said of times that can't be."""
    clip = setting()

    def message(run: Any) -> str:
        try:
            run()
        except part("kling_foley_core.errors").InputError as error:
            return str(error)
        return "nothing"

    timed = said(clip, BOTH)
    joined = ConditioningConcat().concat(timed, [[timed[0][0][:, :5], {}]])[0]
    _, negative, *_ = branches(clip, None)
    area = ranged(clip, "area", branches(clip, said(clip, FIRST))[0], 0.0, 0.5)
    handled = SimpleNamespace(**vars(clip) | {"model": clip.model.clone()})
    handled.model.model_options["context_handler"] = object()
    return {
        "overlap": message(lambda: said(clip, "[0-2] a [1-3] b")),
        "outside": message(lambda: branches(clip, said(clip, "[0-4] a"))),
        "outside negative": message(lambda: branches(clip, None, said(clip, "[4-] a"))),
        "joined": message(lambda: branches(clip, joined)),
        "context windows": message(lambda: sampled(handled, area, negative)),
        "raw negative": message(lambda: sampled(clip, area, said(clip, "music"), picture_cfg=PICTURE)),
    }


CHECKS = [syntax, native, calls, weights, refused]
