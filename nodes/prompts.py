"""Foley Prompts: what effects and music are told, each for a Foley Text Encode of its own."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..kling_foley_core.stems import check_makes_music, stem_prompts
from .host.flow_model import model_source
from .host.schema import schema
from .host.types import CATEGORY


class FoleyPrompts(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyPrompts",
            display_name="Foley Prompts",
            category=CATEGORY,
            description="Effects and background music apart, and an ASMR switch: the texts for two samplers, "
            "whose sounds Foley Mix joins.",
            search_aliases=["asmr", "background music", "bgm", "背景音乐", "音效提示词"],
            inputs=[
                io.String.Input(
                    "effects",
                    multiline=True,
                    default="",
                    tooltip="What is to be heard of the video. Empty: the video alone decides.",
                ),
                io.String.Input(
                    "music", multiline=True, default="", tooltip="Background music. Empty: there is none."
                ),
                io.String.Input(
                    "negative", multiline=True, default="", tooltip="What the effects are not to have."
                ),
                io.Boolean.Input(
                    "asmr", default=False, tooltip="Close, detailed, dry effects: adds words to theirs."
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="Only looked at: a model that makes no music is refused a music prompt at once.",
                ),
            ],
            outputs=[
                io.String.Output(display_name="effects", tooltip="For Foley Text Encode."),
                io.String.Output(
                    display_name="effects_negative",
                    tooltip="For a Foley Text Encode in front of negative_text.",
                ),
                io.String.Output(
                    display_name="music",
                    tooltip="For the Foley Text Encode of a second Foley Conditioning without features.",
                ),
                io.String.Output(
                    display_name="music_negative", tooltip="For negative_text of that Foley Conditioning."
                ),
            ],
        )

    @classmethod
    def execute(cls, effects: str, music: str, negative: str, asmr: bool, model: Any = None) -> io.NodeOutput:
        if model is not None and music.strip():
            check_makes_music(model_source(model).config, "music")
        made = stem_prompts(effects, negative, music, asmr=asmr)
        return io.NodeOutput(made.effects, made.effects_negative, made.music, made.music_negative)
