"""Foley Demo Clip: the film that comes with the pack, so that every template runs at once, and its true
sound."""

from __future__ import annotations

import torch
from comfy_api.latest import InputImpl, io

from ..kling_foley_core.demo import CLIP, scene
from .host.audio import audio_of
from .host.schema import schema
from .host.types import CATEGORY

SAMPLING_RATE = 44100


class DemoClip(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyDemoClip",
            display_name="Foley Demo Clip",
            category=CATEGORY,
            description="A short film to try things with: wooden balls that bounce in a street, from a "
            "generated world, and the sound that they really make there. Put Load Video in its place for "
            "your own.",
            search_aliases=[
                "example video",
                "sample clip",
                "test video",
                "demo video",
                "示例视频",
                "演示片段",
            ],
            inputs=[],
            outputs=[
                io.Video.Output(
                    display_name="video", tooltip="8 seconds without sound, 256 x 256, 25 frames a second."
                ),
                io.Audio.Output(
                    display_name="audio",
                    tooltip="What is to be heard in it, in stereo: to compare with, or to try codec and "
                    "stereo renderer on.",
                ),
            ],
        )

    @classmethod
    def execute(cls) -> io.NodeOutput:
        from ..kling_foley_core.foley_world import render_sound

        sound = torch.from_numpy(render_sound(scene(), SAMPLING_RATE))
        return io.NodeOutput(InputImpl.VideoFromFile(str(CLIP)), audio_of(sound[None], SAMPLING_RATE))
