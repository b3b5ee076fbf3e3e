"""What nodes that see a film share: a VIDEO, or IMAGEs with their frame rate, through an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.encoders.parts import PartwiseEncoding
from ..kling_foley_core.errors import InputError
from ..kling_foley_core.media import FrameView
from ..kling_foley_core.media.filling import Slots
from ..kling_foley_core.media.masks import masks_of
from ..kling_foley_core.media.muting import muted_slots
from ..kling_foley_core.progress import Progress
from .host.patcher import HostedNetwork
from .host.progress import host_progress
from .host.types import VideoFeatures
from .host.videos import film_of, slots_of

FRAME_INPUTS = [
    io.Video.Input("video", optional=True, tooltip="The video that gets the sound, at any frame rate."),
    io.Image.Input(
        "images",
        optional=True,
        tooltip="Frames in place of a video, for example from a video model; say their rate in fps.",
    ),
    io.Float.Input(
        "fps",
        default=24.0,
        min=0.1,
        max=1000.0,
        step=0.001,
        tooltip="Frames per second of images; a video knows its own.",
    ),
]

MASK_INPUT = io.Mask.Input(
    "mask",
    optional=True,
    tooltip="What is white sounds, the rest of the picture is muted: one mask, or one for each frame, in the "
    "video's shape.",
)


def check_one(video: Any, images: Tensor | None) -> None:
    """InputError unless just one of them is connected."""
    if (video is None) == (images is None):
        given = "neither is" if video is None else "both are"
        raise InputError(f"video, images: {given} connected; connect one of them.")


def slots_within(
    mask: Tensor | None, video: Any, images: Tensor | None, fps: float, view: FrameView, progress: Progress
) -> tuple[Iterator[Slots], Fraction]:
    """The film's slots of a view, muted outside of the mask if there is one, and the film's exact seconds."""
    check_one(video, images)
    if mask is None:
        return slots_of(video, images, fps, view, progress)
    masks = masks_of(mask, film_of(video, images, fps), {"view": view})
    slots, seconds = slots_of(video, images, fps, view, progress)
    return muted_slots(slots, masks), seconds


def encode_frames(
    encoder: HostedNetwork, video: Any, images: Tensor | None, fps: float, mask: Tensor | None = None
) -> VideoFeatures:
    """Tokens of the whole video, sampled at the encoder's rate, and its exact length."""
    network, reports = encoder.network, host_progress()
    slots, seconds = slots_within(mask, video, images, fps, network.view, reports)

    def vectors(frames: Tensor, progress: Progress) -> Tensor:
        return encoder.run(lambda network, x: network.vectors(x, progress=progress, **encoder.where), frames)

    encoding = PartwiseEncoding(network, network.view.slots(seconds), vectors, reports)
    for _, frames in slots:
        encoding.add(frames)
    return VideoFeatures(encoding.tokens(), seconds, encoder.source)
