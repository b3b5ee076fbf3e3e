"""Foley Best Take: a batch of sounds by how well their onsets meet what moves in the video, best first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.limits import MAX_BATCH
from ..kling_foley_core.media import probe
from ..kling_foley_core.media.filling import whole_views
from ..kling_foley_core.preview.motion import Movement, movement
from ..kling_foley_core.preview.watching import motion_view
from ..kling_foley_core.ranking import Take, ranked
from .frames import FRAME_INPUTS, MASK_INPUT, check_one, slots_within
from .host.audio import NOTE, audio_of, noted, wave_of
from .host.notes import tell
from .host.progress import host_progress
from .host.schema import schema
from .host.types import CATEGORY
from .host.videos import made_of_images


class BestTake(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyBestTake",
            display_name="Foley Best Take",
            category=CATEGORY,
            description="Puts the takes of a batch in order: first the one whose onsets best meet what moves "
            "in the video.",
            search_aliases=["best of n", "rank audio", "sort takes", "pick audio", "择优", "排序"],
            inputs=[
                io.Audio.Input(
                    "audio",
                    tooltip="A batch of takes, from Foley Codec Decode or Foley Stereo Renderer.",
                ),
                *FRAME_INPUTS,
                io.Int.Input(
                    "first_seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    optional=True,
                    tooltip="The seed that the takes were made with: take i has this seed + i, which names "
                    "it, and makes it again alone.",
                ),
                MASK_INPUT,
            ],
            outputs=[
                io.Audio.Output(display_name="takes", tooltip="All takes, best first."),
                io.Audio.Output(display_name="best", tooltip="The best take alone."),
                io.Float.Output(
                    display_name="agreement",
                    tooltip="How well the best take's onsets meet what moves, 0 to 1.",
                ),
                io.String.Output(
                    display_name="order", tooltip="Seed and agreement of every take, best first, one a line."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        audio: dict[str, Any] | None,
        fps: float,
        video: Any = None,
        images: Tensor | None = None,
        first_seed: int = 0,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        if len(wave) > MAX_BATCH:
            raise InputError(f"audio: it is a batch of {len(wave)} sounds; rank at most {MAX_BATCH} at once.")
        takes = ranked(wave.float().cpu(), rate, movement_of(video, images, fps, mask), first_seed)
        sorted_wave = wave[torch.tensor([take.seed - first_seed for take in takes])]
        order = [said(take) for take in takes]
        tell(cls, f"Best first: {'; '.join(order)}.")
        note = noted(audio.get(NOTE))
        return io.NodeOutput(
            audio_of(sorted_wave, rate) | note,
            audio_of(sorted_wave[:1], rate) | note,
            takes[0].agreement,
            "\n".join(order),
        )


def said(take: Take) -> str:
    return f"seed {take.seed}: {take.agreement:.3f}"


def movement_of(video: Any, images: Tensor | None, fps: float, mask: Tensor | None) -> Movement:
    """What moves in the whole film, or within the mask, seen at the film's own rate."""
    check_one(video, images)
    view = motion_view(fps if video is None else rate_of(video))
    slots, seconds = slots_within(mask, video, images, fps, view, host_progress())
    return movement(whole_views({"view": view}, seconds, slots)["view"], view.fps)


def rate_of(video: Any) -> Fraction:
    if made_of_images(video):
        return video.get_components().frame_rate
    return probe(video.get_stream_source()).frame_rate
