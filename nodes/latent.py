"""Empty Foley Latent: the latent of Foley Conditioning by itself, for graphs that have it from elsewhere."""

from __future__ import annotations

from comfy_api.latest import io

from ..kling_foley_core.limits import MAX_SECONDS
from .conditioning import BATCH_SIZE, length_of
from .host.latents import empty_latent
from .host.patcher import HostedNetwork
from .host.schema import schema
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    SyncFeaturesSocket,
    VideoFeatures,
    VisualFeaturesSocket,
)


class EmptyFoleyLatent(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyEmptyLatent",
            display_name="Empty Foley Latent",
            category=CATEGORY,
            description="An empty latent of the video's length, or of a number of seconds, for graphs that "
            "can't take Foley Conditioning's own. It remembers the exact length, so that Foley Codec Decode "
            "cuts the sound to it.",
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
                    max=MAX_SECONDS,
                    step=0.01,
                    tooltip="Length of the sound in seconds if no features are connected; otherwise their "
                    "video's counts.",
                ),
                BATCH_SIZE,
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent", tooltip="Zeros [batch, channels, frames], for a sampler."
                )
            ],
        )

    @classmethod
    def execute(
        cls, codec: HostedNetwork, seconds: float, batch_size: int = 1, features: VideoFeatures | None = None
    ) -> io.NodeOutput:
        length = length_of([features], seconds)
        return io.NodeOutput(empty_latent(codec, length, batch_size))
