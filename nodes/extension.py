"""The list of nodes that the host loads."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from ..kling_foley_core.errors import InputError
from .codec import CodecDecode, CodecEncode
from .conditioning import Conditioning
from .demo import DemoClip
from .evaluate import Evaluate
from .extend import ExtendLatent
from .host.blueprint import give_blueprint_its_words
from .host.folders import register_folders
from .latent import EmptyFoleyLatent
from .loaders import (
    CodecLoader,
    ModelLoader,
    StereoLoader,
    SyncEncoderLoader,
    TextEncoderLoader,
    VisualEncoderLoader,
)
from .marks import FoleyWatermark
from .mask import NoiseMask
from .mix import FoleyMix
from .movement import StereoByMovement
from .preview import Preview
from .prompts import FoleyPrompts
from .sampling import FoleySigmas, Sampler
from .source import FoleyVideo
from .splice import Splice
from .stereo import StereoRender
from .sync import SyncFeaturesNode
from .system import SystemLoader
from .takes import BestTake
from .text import TextEncode
from .video import VideoWithSound
from .visual import VisualFeaturesNode


class KlingFoleyExtension(ComfyExtension):
    async def on_load(self) -> None:
        await give_blueprint_its_words()

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        # Not in on_load: the oldest host we support (0.3.64) never calls it.
        register_folders()
        InputError.__module__ = "builtins"  # the host shows the module's path in front of the type's name
        return [
            DemoClip,
            FoleyVideo,
            SystemLoader,
            ModelLoader,
            TextEncoderLoader,
            VisualEncoderLoader,
            SyncEncoderLoader,
            CodecLoader,
            StereoLoader,
            FoleyPrompts,
            TextEncode,
            VisualFeaturesNode,
            SyncFeaturesNode,
            Conditioning,
            EmptyFoleyLatent,
            NoiseMask,
            ExtendLatent,
            FoleySigmas,
            Sampler,
            CodecEncode,
            CodecDecode,
            StereoRender,
            StereoByMovement,
            Splice,
            BestTake,
            Evaluate,
            FoleyMix,
            FoleyWatermark,
            VideoWithSound,
            Preview,
        ]
