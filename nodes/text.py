"""Text Encode: a caption as the generator's text tokens, on the host's own CONDITIONING socket."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.texts import WRITTEN, written
from .host.types import CATEGORY, SOURCES, TextEncoderSocket


class TextEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyTextEncode",
            display_name="Foley Text Encode",
            category=CATEGORY,
            description="Turns a description of the sound into text tokens for Foley Conditioning.",
            search_aliases=["prompt", "text to audio", "t2a", "negative prompt", "文生音频", "提示词"],
            inputs=[
                TextEncoderSocket.Input("text_encoder", tooltip="From Load Foley Text Encoder."),
                io.String.Input(
                    "text",
                    multiline=True,
                    default="",
                    tooltip="What is to be heard, in English, such as 'a hammer strikes an anvil'. Empty: "
                    "the video alone decides. Times, in seconds of the sound, may stand before parts of it: "
                    "'rain [2-3.5] a door slams [5-] thunder'. The built-in encoder reads 160 letters, CLIP "
                    "about 50 words; the rest is left out.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    display_name="text",
                    tooltip="For text or negative_text of Foley Conditioning, not for a sampler.",
                )
            ],
        )

    @classmethod
    def execute(cls, text_encoder: HostedNetwork, text: str) -> io.NodeOutput:
        said, sources = written(text), {SOURCES: {"text": text_encoder.source}}
        texts = said.texts if said else (text,) if text.strip() else ()
        if texts:
            encoded = [
                text_encoder.run(lambda network, one=one: network.encode([one], **text_encoder.where))
                for one in texts
            ]
            tokens = torch.cat(encoded, dim=1)
        else:  # no tokens: the generator has a learned embedding for an absent text
            tokens = torch.zeros(1, 0, text_encoder.network.dim)
        return io.NodeOutput([[tokens, sources | ({WRITTEN: said} if said else {})]])
