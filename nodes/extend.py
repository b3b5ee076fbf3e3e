"""Foley Extend Latent: a sound with room behind its end, which a sampler makes: as long as Foley Conditioning
says."""

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
from .host.types import CATEGORY, LEVEL, SECONDS, FoleyCodecSocket


class ExtendLatent(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyExtendLatent",
            display_name="Foley Extend Latent",
            category=CATEGORY,
            description="Keeps a sound and gives it a longer length, that of Foley Conditioning: what is "
            "behind its end is marked, for a sampler to go on there.",
            search_aliases=["continue audio", "audio outpainting", "extend sound", "续写声音", "音频延长"],
            inputs=[
                FoleyCodecSocket.Input(
                    "codec", tooltip="From Load Foley Codec: it says how many latent frames a second has."
                ),
                io.Latent.Input("latent", tooltip="The sound, from Foley Codec Encode or from a sampler."),
                io.Latent.Input(
                    "whole",
                    tooltip="From Foley Conditioning: how long it is to be, by the video or its seconds.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent",
                    tooltip="The sound at that length with its mask, for Foley MM-DiT Sampler, KSampler or "
                    "another.",
                )
            ],
        )

    @classmethod
    def execute(cls, codec: HostedNetwork, latent: dict[str, Any], whole: dict[str, Any]) -> io.NodeOutput:
        check_codec(latent, codec)
        check_codec(whole, codec)
        known, empty, rate = latent["samples"], whole["samples"], codec.network.latent_rate
        kept = latent.get(SECONDS, Fraction(known.shape[-1]) / Fraction(rate))
        length = whole.get(SECONDS, Fraction(empty.shape[-1]) / Fraction(rate))
        if kept >= length:
            raise InputError(
                f"whole: it is {float(length):.2f} s long, the sound {float(kept):.2f} s; choose more "
                "seconds in Foley Conditioning, or a longer video."
            )
        if len(known) not in (1, len(empty)):
            raise InputError(
                f"whole: it is for {len(empty)} sound(s), the latent has {len(known)}; choose as many."
            )
        samples = torch.zeros_like(empty)
        samples[..., : known.shape[-1]] = known[..., : empty.shape[-1]]
        mask = torch.zeros(1, 1, empty.shape[-1], device=samples.device)
        mask[..., math.floor(kept * rate) :] = 1
        level = {LEVEL: latent[LEVEL]} if LEVEL in latent else {}
        longer = whole | level | {"samples": samples, "noise_mask": mask}
        return io.NodeOutput(with_part(longer, kept, length, latent))
