"""Seeded inputs of each stage, of the sizes of a film of so many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.encoders.presets import CLIP_DFN5B_H14_384, CLIP_H14_TEXT, SYNCHFORMER
from kling_foley_core.timing import (
    MEL_PER_LATENT,
    SYNC_SEGMENT,
    SYNC_STEP,
    latent_frames,
    sync_segments,
    sync_tokens,
    visual_frames,
)

SEED = 5
LATENT_DIM = 40
STEPS = 25  # of Euler, MMAudio's own number
TITLES = {
    "step": "MM-DiT, one step with guidance",
    "sampling": "sampling with guidance",
    "vae": "VAE decode",
    "vocoder": "BigVGAN v2",
    "generate": "whole generate()",
}
LEVEL, RANGE = -5.0, 2.0  # of a log mel


@dataclass(frozen=True)
class Sizes:
    """What is measured: seconds of the flow and the codec; frames of CLIP and segments of Synchformer (None:
    as many as the seconds have); Euler steps of the reference; steps of ours (None: its own number)."""

    seconds: float
    frames: int | None
    segments: int | None
    steps: int
    our_steps: int | None = None

    def inputs(self, stage: str) -> dict[str, Any]:
        return _INPUTS[stage](self)

    def described(self, stage: str) -> str:
        if stage == "clip":
            return f"CLIP, {self.clip_frames} frames"
        if stage == "sync":
            return f"Synchformer, {self.sync_segments} segments"
        return f"{TITLES[stage]}, {self.seconds:g} s"

    @property
    def told_steps(self) -> dict[str, int]:
        """What our generate() is told."""
        return {} if self.our_steps is None else {"steps": self.our_steps}

    @property
    def clip_frames(self) -> int:
        return self.frames or visual_frames(self.seconds)

    @property
    def sync_segments(self) -> int:
        return self.segments or sync_segments(self.seconds)

    @property
    def latents(self) -> int:
        return latent_frames(self.seconds, MEL_44K.sampling_rate, MEL_44K.hop)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(SEED)


def _frames(count: int, size: int) -> dict[str, Any]:
    """Bytes [1, count, 3, size, size], no two frames alike."""
    shape = (1, count, 3, size, size)
    return {"frames": torch.randint(0, 256, shape, generator=_generator(), dtype=torch.uint8)}


def _clip(sizes: Sizes) -> dict[str, Any]:
    return _frames(sizes.clip_frames, CLIP_DFN5B_H14_384.input_size)


def _sync(sizes: Sizes) -> dict[str, Any]:
    return _frames(SYNC_SEGMENT + SYNC_STEP * (sizes.sync_segments - 1), SYNCHFORMER.image_size)


def _flow(sizes: Sizes) -> dict[str, Any]:
    """As encoders make them: vectors of length 1 of pictures and texts; of unit size of movement."""
    generator = _generator()

    def tokens(count: int, width: int) -> Tensor:
        return torch.randn(1, count, width, generator=generator)

    text = (CLIP_H14_TEXT.length, CLIP_H14_TEXT.width)
    return {
        "visual": F.normalize(tokens(visual_frames(sizes.seconds), CLIP_DFN5B_H14_384.projection), dim=-1),
        "sync": tokens(sync_tokens(sizes.seconds), SYNCHFORMER.dim),
        "text": F.normalize(tokens(*text), dim=-1),
        "negative": F.normalize(tokens(*text), dim=-1),
        "noise": tokens(sizes.latents, LATENT_DIM),
        "time": torch.tensor(0.4),
        "steps": sizes.steps,
        "our_steps": sizes.told_steps,
        "seconds": sizes.seconds,
    }


def _vae(sizes: Sizes) -> dict[str, Any]:
    return {"latent": torch.randn(1, sizes.latents, LATENT_DIM, generator=_generator())}


def _vocoder(sizes: Sizes) -> dict[str, Any]:
    shape = (1, MEL_44K.n_mels, MEL_PER_LATENT * sizes.latents)
    return {"mel": LEVEL + RANGE * torch.randn(shape, generator=_generator())}


_INPUTS = {
    "clip": _clip,
    "sync": _sync,
    "step": _flow,
    "sampling": _flow,
    "vae": _vae,
    "vocoder": _vocoder,
}
