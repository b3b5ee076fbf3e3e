"""Foley Splice: a sound with the parts that were made anew, and all else of it to the sample."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io

from ..kling_foley_core.editing import spliced
from ..kling_foley_core.errors import InputError
from .host.audio import ENDS_TOGETHER, NOTE, audio_of, noted, wave_of
from .host.schema import schema
from .host.types import CATEGORY, PARTS


class Splice(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySplice",
            display_name="Foley Splice",
            category=CATEGORY,
            description="Puts the parts that a sampler made anew into the sound that they were made for. "
            "What was to be kept is kept to the sample, at the sound's own rate and with its channels, but "
            "for a crossfade of 30 ms.",
            search_aliases=[
                "join audio",
                "crossfade",
                "repair sound",
                "insert audio",
                "拼接音频",
                "修复声音",
            ],
            inputs=[
                io.Audio.Input(
                    "audio", tooltip="The sound as it was, the same that Foley Codec Encode has got."
                ),
                io.Audio.Input(
                    "generated",
                    tooltip="From Foley Codec Decode or Foley Stereo Renderer: all of it, of which the new "
                    "parts are taken.",
                ),
                io.Latent.Input(
                    "latent",
                    tooltip="From Foley Noise Mask, Foley Extend Latent or the sampler behind it: it knows "
                    "where the new parts are.",
                ),
            ],
            outputs=[io.Audio.Output(display_name="audio", tooltip="The repaired or extended sound.")],
        )

    @classmethod
    def execute(
        cls, audio: dict[str, Any] | None, generated: dict[str, Any] | None, latent: dict[str, Any]
    ) -> io.NodeOutput:
        kept, rate = wave_of(audio, "audio")
        made, made_rate = wave_of(generated, "generated")
        parts = latent.get(PARTS)
        if parts is None:
            raise InputError(
                "latent: nothing in it is marked to be made anew; connect Foley Noise Mask, Foley Extend "
                "Latent or the sampler behind it."
            )
        if kept.shape[1] > 2:
            raise InputError(f"audio: it has {kept.shape[1]} channels; mix it down to 1 or 2.")
        if len(kept) not in (1, len(made)):
            raise InputError(f"audio: {len(kept)} sounds for {len(made)} generated; give one, or as many.")
        heard, end = Fraction(made.shape[2], made_rate), max(Fraction(kept.shape[2], rate), parts[-1][1])
        if abs(heard - end) > ENDS_TOGETHER:
            raise InputError(
                f"generated: it is {float(heard):.2f} s long, but {float(end):.2f} s are needed; connect the "
                "sound that was made of this latent."
            )
        takes = [
            spliced(one.float(), rate, new.float(), made_rate, parts)
            for one, new in zip(kept.expand(len(made), -1, -1), made, strict=True)
        ]
        return io.NodeOutput(audio_of(torch.stack(takes), rate) | noted(generated.get(NOTE)))
