"""Our networks from the same files, and the calls that do what a stage of the reference does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from kling_foley_core.checkpoints import load_network
from kling_foley_core.codec import BigVGAN, FoleyCodec, LogMel, MelVAE
from kling_foley_core.codec.presets import BIGVGAN_44K, MEL_44K, VAE_44K
from kling_foley_core.flow import guided
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures
from kling_foley_core.mmdit import Features
from kling_foley_core.presets import GUIDANCE
from kling_foley_core.systems.assembly import Parts
from kling_foley_core.timing import VISUAL_FPS

from .weights import Files


def stage(name: str, files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    """The call that is measured, with its network loaded and its inputs ready."""
    return torch.inference_mode()(_STAGES[name](files, given, dtype))


def _clip(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    encoder = load_network(files.path("clip"), "clip_visual", dtype=dtype)
    return lambda: encoder(given["frames"])


def _sync(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    encoder = load_network(files.path("sync"), "synchformer", dtype=dtype)
    return lambda: encoder(given["frames"])


def _vae(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    vocoder = BigVGAN(BIGVGAN_44K, device="meta")
    codec = FoleyCodec(LogMel(MEL_44K), load_network(files.path("vae"), "vae"), vocoder)
    return lambda: codec.decode_mel(given["latent"].transpose(1, 2))


def _vocoder(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    vae = MelVAE(VAE_44K, device="meta")
    codec = FoleyCodec(LogMel(MEL_44K), vae, load_network(files.path("vocoder"), "vocoder"))
    return lambda: codec.vocode(given["mel"])


@torch.inference_mode()
def _step(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    model = load_network(files.path("flow"), "mmdit", dtype=dtype)
    seconds, length = given["visual"].shape[1] / VISUAL_FPS, given["noise"].shape[1]
    shown = Features.of(seconds, visual=given["visual"], sync=given["sync"])
    positive = model.condition(shown.with_text(given["text"]), length, dtype)
    negative = model.condition(shown.without_video().with_text(given["negative"]), length, dtype)
    field = guided(model, positive, negative, GUIDANCE)
    return lambda: field(given["noise"].to(dtype), given["time"].expand(1)).float()


def _sampling(files: Files, given: dict[str, Any], dtype: torch.dtype) -> Callable[[], Tensor]:
    """What generate() does between encoders and codec, with its own solver, steps and guidance."""
    texts = SimpleNamespace(encode=lambda texts: given[texts[0]])
    codec = FoleyCodec(LogMel(MEL_44K), MelVAE(VAE_44K, device="meta"), BigVGAN(BIGVGAN_44K, device="meta"))
    generator = load_network(files.path("flow"), "mmdit", dtype=dtype)
    pipeline = _Sampling(Parts(generator, texts, None, None, codec, None), "cpu", dtype)
    seconds = given["seconds"]
    features = VideoFeatures(given["visual"], given["sync"], Fraction(seconds), 0.0, seconds)
    asked = {"prompt": "text", "negative_prompt": "negative"} | given["our_steps"]
    return lambda: pipeline.generate(features=features, stereo="mono", **asked)


class _Sampling(FoleyPipeline):
    """Ends at the latent [1, L, C]."""

    def decode(self, latent: Tensor, *_: Any) -> Tensor:
        return latent


_STAGES: dict[str, Callable[..., Callable[[], Tensor]]] = {
    "clip": _clip,
    "sync": _sync,
    "step": _step,
    "sampling": _sampling,
    "vae": _vae,
    "vocoder": _vocoder,
}
