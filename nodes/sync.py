"""Sync Features: what moves when, 24 tokens a second from 25 frames (Synchformer, paper section 4.2)."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from .frames import FRAME_INPUTS, MASK_INPUT, encode_frames
from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.types import CATEGORY, SyncEncoderSocket, SyncFeaturesSocket


class SyncFeaturesNode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySyncFeatures",
            display_name="Foley Sync Features",
            category=CATEGORY,
            description="Says what moves when, which keeps the sound in time with the picture. ComfyUI "
            "keeps the result: a new seed or prompt does not look at the video again.",
            search_aliases=["synchformer", "audio video sync", "motion features", "音画同步", "同步"],
            inputs=[
                SyncEncoderSocket.Input("sync_encoder", tooltip="From Load Foley Sync Encoder."),
                *FRAME_INPUTS,
                MASK_INPUT,
            ],
            outputs=[
                SyncFeaturesSocket.Output(
                    display_name="sync_features",
                    tooltip="For Foley Conditioning, Empty Foley Latent and Foley Stereo Renderer: tokens "
                    "[1, 8 x segments, width] and the video's exact length.",
                )
            ],
        )

    @classmethod
    def execute(
        cls,
        sync_encoder: HostedNetwork,
        fps: float,
        video: Any = None,
        images: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        return io.NodeOutput(encode_frames(sync_encoder, video, images, fps, mask))
