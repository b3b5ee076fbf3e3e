"""Foley Watermark: an inaudible mark in the sound itself, by which it is known to be made by a machine."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..kling_foley_core.marks.detection import SHORTEST
from ..kling_foley_core.marks.watermark import watermarked
from .host.audio import NOTE, audio_of, noted, wave_of
from .host.notes import tell
from .host.schema import schema
from .host.types import CATEGORY

SHORT = "The sound is {seconds:.1f} s long; under {least:.0f} s the watermark is often not found."


class FoleyWatermark(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyWatermark",
            display_name="Foley Watermark",
            category=CATEGORY,
            description="Marks the sound itself, inaudibly, as made by a machine: the mark stays through "
            "AAC, MP3, Opus, resampling and gain. Foley Preview and `kling-foley inspect` find it.",
            search_aliases=["watermark audio", "mark as AI", "provenance", "水印", "音频水印"],
            inputs=[
                io.Audio.Input("audio", tooltip="The generated sound; each of a batch is marked by itself.")
            ],
            outputs=[
                io.Audio.Output(
                    display_name="audio", tooltip="The marked sound: as long and as loud as before."
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, audio: dict[str, Any] | None) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        seconds = wave.shape[2] / rate
        if seconds < SHORTEST:
            tell(cls, SHORT.format(seconds=seconds, least=SHORTEST))
        return io.NodeOutput(audio_of(watermarked(wave, rate), rate) | noted(audio.get(NOTE)))
