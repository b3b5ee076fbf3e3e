"""Visual Features: what is to be seen, 8 tokens a second (paper section 4.2: MetaCLIP; MMAudio: CLIP)."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from .frames import FRAME_INPUTS, MASK_INPUT, encode_frames
from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.types import CATEGORY, VisualEncoderSocket, VisualFeaturesSocket


class VisualFeaturesNode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyVisualFeatures",
            display_name="Foley Visual Features",
            category=CATEGORY,
            description="Says what is to be seen, 8 times a second. ComfyUI keeps the result: a new seed or "
            "prompt does not look at the video again.",
            search_aliases=["clip vision encode", "video features", "video encoder", "视频特征"],
            inputs=[
                VisualEncoderSocket.Input("visual_encoder", tooltip="From Load Foley Visual Encoder."),
                *FRAME_INPUTS,
                MASK_INPUT,
            ],
            outputs=[
                VisualFeaturesSocket.Output(
                    display_name="visual_features",
                    tooltip="For Foley Conditioning: tokens [1, frames, width] and the video's exact length.",
                )
            ],
        )

    @classmethod
    def execute(
        cls,
        visual_encoder: HostedNetwork,
        fps: float,
        video: Any = None,
        images: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        return io.NodeOutput(encode_frames(visual_encoder, video, images, fps, mask))
