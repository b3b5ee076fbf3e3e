"""Foley Noise Mask: the seconds of a sound that a sampler makes anew; what lies outside of them is kept.

The host's Set Latent Noise Mask makes masks of pictures, [B, 1, H, W], which its samplers can't lay over a
latent [B, C, T]; theirs for such a latent is [B, 1, T], and no node of the host makes one.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io

from ..kling_foley_core.errors import InputError
from .host.latents import check_codec, with_part
from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.types import CATEGORY, SECONDS, FoleyCodecSocket


class NoiseMask(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyNoiseMask",
            display_name="Foley Noise Mask",
            category=CATEGORY,
            description="Marks the seconds of a sound that a sampler is to make anew; all else is kept as it "
            "is. Foley Splice then puts them into the sound itself.",
            search_aliases=["inpaint audio", "set latent noise mask", "audio inpainting", "音频重绘"],
            inputs=[
                FoleyCodecSocket.Input(
                    "codec", tooltip="From Load Foley Codec: it says how many latent frames a second has."
                ),
                io.Latent.Input("latent", tooltip="A sound from Foley Codec Encode or from a sampler."),
                io.Float.Input(
                    "start",
                    default=0.0,
                    min=0.0,
                    max=3600.0,
                    step=0.01,
                    tooltip="Where the part to be made anew begins, in seconds.",
                ),
                io.Float.Input(
                    "seconds",
                    default=1.0,
                    min=0.01,
                    max=3600.0,
                    step=0.01,
                    tooltip="How long that part is; it may reach past the end.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent",
                    tooltip="The same sound with its mask, for Foley MM-DiT Sampler, KSampler or another.",
                )
            ],
        )

    @classmethod
    def execute(
        cls, codec: HostedNetwork, latent: dict[str, Any], start: float, seconds: float
    ) -> io.NodeOutput:
        samples, rate = latent["samples"], codec.network.latent_rate
        check_codec(latent, codec)
        frames = samples.shape[-1]
        if start >= frames / rate:
            raise InputError(
                f"start = {start:g}: the latent has {frames / rate:.2f} s of sound; choose an earlier start."
            )
        begin, end = Fraction(str(start)), Fraction(str(start)) + Fraction(str(seconds))
        mask = torch.zeros(1, 1, frames, device=samples.device)
        mask[..., math.floor(begin * rate) : math.ceil(end * rate)] = 1
        end = min(end, latent.get(SECONDS, Fraction(frames) / Fraction(rate)))
        return io.NodeOutput(with_part(latent | {"noise_mask": mask}, begin, end, latent))
