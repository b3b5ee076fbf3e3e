"""Empty Foley Latent: as many latent frames as the video, or a number of seconds, needs in this codec."""

from __future__ import annotations

from fractions import Fraction

import comfy.model_management
import torch
from comfy_api.latest import io

from ..kling_foley_core.codec import FoleyCodec
from ..kling_foley_core.timing import MIN_SECONDS, latent_frames
from .conditioning import length_of
from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.types import (
    CATEGORY,
    SECONDS,
    FoleyCodecSocket,
    SyncFeaturesSocket,
    VideoFeatures,
    VisualFeaturesSocket,
)


def frames_for(seconds: Fraction, codec: FoleyCodec) -> int:
    """Latent frames for a sound of `seconds`; below the least length of a sync segment the rest is cut off at
    the end."""
    return latent_frames(max(seconds, MIN_SECONDS), codec.sampling_rate, codec.hop)


class EmptyFoleyLatent(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyEmptyLatent",
            display_name="Empty Foley Latent",
            category=CATEGORY,
            description="An empty latent of the video's length, or of a number of seconds. It remembers the "
            "exact length, so that Foley Codec Decode cuts the sound to it.",
            search_aliases=["empty audio latent", "empty latent audio", "duration", "sound length", "空音频"],
            inputs=[
                FoleyCodecSocket.Input(
                    "codec", tooltip="From Load Foley Codec: the one that will decode this latent."
                ),
                io.MultiType.Input(
                    "features",
                    types=[VisualFeaturesSocket, SyncFeaturesSocket],
                    optional=True,
                    tooltip="From Foley Sync Features or Foley Visual Features: their video's length is "
                    "taken.",
                ),
                io.Float.Input(
                    "seconds",
                    default=8.0,
                    min=0.1,
                    max=600.0,
                    step=0.01,
                    tooltip="Length of the sound in seconds if no features are connected; otherwise their "
                    "video's counts.",
                ),
                io.Int.Input(
                    "batch_size",
                    default=1,
                    min=1,
                    max=64,
                    tooltip="How many different sounds to make at once of the same video and prompt.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent", tooltip="Zeros [batch, channels, frames], for a sampler."
                )
            ],
        )

    @classmethod
    def execute(
        cls, codec: HostedNetwork, seconds: float, batch_size: int, features: VideoFeatures | None = None
    ) -> io.NodeOutput:
        length = length_of([features], seconds)
        shape = (batch_size, codec.network.latent_dim, frames_for(length, codec.network))
        samples = torch.zeros(shape, device=comfy.model_management.intermediate_device())
        return io.NodeOutput({"samples": samples, "type": "audio", SECONDS: length})
