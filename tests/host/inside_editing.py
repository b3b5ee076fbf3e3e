"""Inside ComfyUI's process (see inside.py): repair, extend and vary by the nodes and by the host's KSampler,
against the library's."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import torch
from inside import part

import nodes

SOLVER = "adams"  # of the node; KSampler has the other
RATE, SECONDS, STEPS, CFG, SEED = 48000, Fraction(5, 2), 6, 2.0, 3
BEGIN, LENGTH, LONGER, DENOISE = 0.8, 0.5, Fraction(4), 0.6
FADE = round(0.03 * RATE)


def sound() -> torch.Tensor:
    """[2, N]: noise that comes and goes, left louder."""
    samples = int(SECONDS * RATE)
    draw = torch.Generator().manual_seed(0)
    slow = torch.sin(torch.arange(samples) / RATE * 9).abs() * 0.1
    return torch.randn(2, samples, generator=draw) * slow * torch.tensor([[1.0], [0.5]])


def audio() -> dict[str, Any]:
    return {"waveform": sound()[None], "sample_rate": RATE}


@cache
def networks() -> tuple[Any, Any]:
    hosted = part("nodes.host.networks")
    return hosted.hosted_model(hosted.SMALL_CHOICE), hosted.hosted_codec(hosted.SMALL_CHOICE, hosted.IN_CODEC)


def conditioning(seconds: Fraction) -> tuple[Any, ...]:
    codec = networks()[1]
    return part("nodes.conditioning").Conditioning.execute(float(seconds), 0.0, 0.0, codec=codec).result


def encoded() -> dict[str, Any]:
    return part("nodes.codec").CodecEncode.execute(networks()[1], audio()).result[0]


def masked() -> dict[str, Any]:
    return part("nodes.mask").NoiseMask.execute(networks()[1], encoded(), BEGIN, LENGTH).result[0]


def extended() -> dict[str, Any]:
    whole = conditioning(LONGER)[2]
    return part("nodes.extend").ExtendLatent.execute(networks()[1], encoded(), whole).result[0]


def sampled(latent: dict[str, Any], seconds: Fraction, denoise: float = 1.0) -> dict[str, Any]:
    positive, negative, *_ = conditioning(seconds)
    sampler = part("nodes.sampling").Sampler
    return sampler.execute(
        networks()[0], positive, negative, latent, STEPS, CFG, SEED, denoise, solver=SOLVER
    ).result[0]


def by_library(solver: str, **edit: Any) -> tuple[torch.Tensor, Any]:
    """The latent [B, C, L] of the library, and what it knows of the sound."""
    editing, pipelines = part("kling_foley_core.editing"), part("kling_foley_core.generation.pipeline")
    pipeline = pipelines.FoleyPipeline.from_pretrained("small", "cpu")
    asked = editing.Edit(sound(), RATE, **edit)
    seconds = asked.seconds
    codec = pipeline.parts.codec
    frames = part("kling_foley_core.timing").latent_frames(seconds, codec.sampling_rate, codec.hop)
    known = editing.known_latent(asked, codec, frames)
    method = part("kling_foley_core.flow").solver_of(solver)
    times = method.times(STEPS, asked.strength)
    nothing = pipelines.VideoFeatures(None, None, seconds, 0.0, float(seconds))
    latent = pipeline.sample(nothing, None, None, times, CFG, SEED, known=known, follow=method.follow)
    return latent.transpose(1, 2), known


def apart(made: dict[str, Any], solver: str = SOLVER, **edit: Any) -> dict[str, float]:
    latent, known = by_library(solver, **edit)
    level = made.get(part("nodes.host.types").LEVEL, torch.zeros(1))
    return {
        "latents": float((made["samples"] - latent).abs().max()),
        "levels": float((level - known.gain_db).abs().max()),
    }


@torch.inference_mode()
def repaired() -> dict[str, float]:
    return apart(sampled(masked(), SECONDS), replace=[(Fraction("0.8"), Fraction("1.3"))])


@torch.inference_mode()
def continued() -> dict[str, float]:
    return apart(sampled(extended(), LONGER), extend=LONGER - SECONDS)


@torch.inference_mode()
def varied() -> dict[str, float]:
    return apart(sampled(encoded(), SECONDS, DENOISE), strength=DENOISE)


@torch.inference_mode()
def varied_by_ksampler() -> dict[str, float]:
    positive, negative, *_ = conditioning(SECONDS)
    given = networks()[0], SEED, STEPS, CFG, "euler", "simple", positive, negative, encoded()
    return apart(nodes.common_ksampler(*given, denoise=DENOISE)[0], "euler", strength=DENOISE)


@torch.inference_mode()
def spliced() -> dict[str, Any]:
    """Where the sound has changed, in seconds; and the length of one that was extended."""
    codec, splice, decode = networks()[1], part("nodes.splice").Splice, part("nodes.codec").CodecDecode
    latent = sampled(masked(), SECONDS)
    out = splice.execute(audio(), decode.execute(codec, latent).result[0], latent).result[0]
    changed = (out["waveform"][0] != sound()).any(0).nonzero().flatten()
    twice = part("nodes.mask").NoiseMask.execute(codec, latent, 2.0, 0.2).result[0]
    longer = sampled(extended(), LONGER)
    end = splice.execute(audio(), decode.execute(codec, longer).result[0], longer).result[0]
    kept = end["waveform"][0, :, : int(SECONDS * RATE) - FADE]
    return {
        "rate": out["sample_rate"],
        "shape": list(out["waveform"].shape),
        "changed": [float(changed.min()) / RATE, float(changed.max()) / RATE],
        "parts": [[float(t) for t in p] for p in twice[part("nodes.host.types").PARTS]],
        "extended": list(end["waveform"].shape),
        "kept": bool(torch.equal(kept, sound()[:, : kept.shape[1]])),
        "new": float(end["waveform"][0, :, int(SECONDS * RATE) :].std()),
    }


@torch.inference_mode()
def refused() -> dict[str, str]:
    """What the nodes say of what can't be."""
    codec, whole = networks()[1], conditioning(SECONDS)[2]
    splice, extend = part("nodes.splice").Splice, part("nodes.extend").ExtendLatent
    short = {"waveform": torch.zeros(1, 1, 44100), "sample_rate": 44100}
    surround = {"waveform": torch.zeros(1, 6, int(SECONDS * RATE)), "sample_rate": RATE}
    three = {"waveform": sound().expand(3, -1, -1), "sample_rate": RATE}
    tried = {
        "not longer": lambda: extend.execute(codec, encoded(), whole),
        "nothing marked": lambda: splice.execute(audio(), audio(), encoded()),
        "another length": lambda: splice.execute(audio(), short, masked()),
        "surround": lambda: splice.execute(surround, audio(), masked()),
        "three for one": lambda: splice.execute(three, audio(), masked()),
        "empty": lambda: sampled(whole, SECONDS, DENOISE),
        "behind the end": lambda: sampled(extended(), LONGER, DENOISE),
    }
    said = {}
    for name, attempt in tried.items():
        try:
            attempt()
            said[name] = ""
        except ValueError as error:
            said[name] = str(error)
    return said


CHECKS = (repaired, continued, varied, varied_by_ksampler, spliced, refused)
