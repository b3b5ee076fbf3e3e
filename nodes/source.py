"""Video for Foley: one VIDEO of a video or of images, all of it or its first seconds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from comfy_api.latest import InputImpl, Types, io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.limits import MAX_SECONDS
from ..kling_foley_core.media import images_seconds
from .frames import FRAME_INPUTS, check_one
from .host.schema import schema
from .host.types import CATEGORY
from .host.videos import made_of_images, remade, window


class FoleyVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyVideo",
            display_name="Video for Foley",
            category=CATEGORY,
            description="Makes one video of what there is, a video or images with their frame rate: all of "
            "it, or its first seconds. What comes behind it then needs to know of a video only.",
            search_aliases=["images to video", "trim video", "cut video", "图像转视频", "裁剪视频"],
            inputs=[
                *FRAME_INPUTS,
                io.Float.Input(
                    "seconds",
                    default=0.0,
                    min=0.0,
                    max=MAX_SECONDS,
                    step=0.01,
                    tooltip="How much of it, from its beginning; 0 for all.",
                ),
            ],
            outputs=[
                io.Video.Output(
                    display_name="video", tooltip="For the feature nodes, Video With Sound and Foley Preview."
                )
            ],
        )

    @classmethod
    def execute(
        cls, fps: float, seconds: float, video: Any = None, images: Tensor | None = None
    ) -> io.NodeOutput:
        check_one(video, images)
        if video is None:
            rate = len(images) / images_seconds(images, fps)
            components = Types.VideoComponents(images=images, audio=None, frame_rate=rate)
            video = InputImpl.VideoFromComponents(components)
        return io.NodeOutput(video if not seconds else beginning(video, Fraction(str(seconds))))


def beginning(video: Any, seconds: Fraction) -> Any:
    """The first `seconds` of a VIDEO; InputError where it is shorter: nothing is stretched."""
    components = video.get_components() if made_of_images(video) else None
    whole = images_seconds(components.images, components.frame_rate) if components else window(video)[1]
    if seconds > round(whole, 2):
        raise InputError(
            f"seconds: {float(seconds):g}, but the video has {float(whole):g} s; take less, or 0 for all."
        )
    if components:
        frames = max(1, round(seconds * Fraction(components.frame_rate)))
        return remade(video, replace(components, images=components.images[:frames]))
    if not hasattr(video, "as_trimmed"):
        raise InputError(
            "seconds: this ComfyUI cuts no video; take 0 for all of it, or update ComfyUI to 0.13 or newer."
        )
    return video.as_trimmed(0, float(seconds), strict_duration=False)
