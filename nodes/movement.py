"""Foley Stereo by Movement: any mono sound placed where something moves as it goes; no model, no mel."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.stereo import within_full_scale
from ..kling_foley_core.stereo.following import (
    VIEW,
    Movement,
    MovementMap,
    Path,
    parse_places,
    path_of_mask,
    path_of_places,
    render_path,
    sounding_path,
)
from .frames import FRAME_INPUTS, check_one
from .host.audio import NOTE, audio_of, lengths_apart, noted, wave_of
from .host.notes import tell
from .host.progress import host_progress
from .host.schema import schema
from .host.types import CATEGORY
from .host.videos import slots_of

HELD = "behind the video's end things stay where they were last"


class StereoByMovement(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyStereoByMovement",
            display_name="Foley Stereo by Movement",
            category=CATEGORY,
            description="Places any sound between left and right where something in the picture turns, "
            "stops, starts or moves as the sound goes; or where a mask or places by hand say. It needs no "
            "model. The mean of both channels is the mono sound.",
            search_aliases=["auto pan", "follow movement", "pan by mask", "自动声像", "跟随画面"],
            inputs=[
                io.Audio.Input(
                    "audio", tooltip="The sound, at any sampling rate; it is mixed down to mono first."
                ),
                *FRAME_INPUTS,
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="What sounds, in place of movement: one mask, or one for each frame, spread over "
                    "the length of the sound. Its middle is the place, its extent the width.",
                ),
                io.String.Input(
                    "places",
                    default="",
                    tooltip="Places by hand, in place of movement: seconds:place, -1 left to 1 right, such "
                    "as 0:-1, 3.5:0.2, 8:1; linear between. Empty for none.",
                ),
                io.Float.Input(
                    "width",
                    default=0.3,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="How wide what moves widely sounds: 0 from one point, 1 as wide as can be.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[
                io.Audio.Output(
                    display_name="audio", tooltip="Stereo sound of the same length, for Video With Sound."
                )
            ],
        )

    @classmethod
    def execute(
        cls,
        audio: dict[str, Any] | None,
        fps: float,
        places: str,
        width: float,
        video: Any = None,
        images: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        wave, rate = mono_of(audio)
        by_hand = path_by_hand(mask, places, wave.shape[-1] / rate)
        if by_hand is not None:
            placed = within_full_scale(render_path(wave, [by_hand], rate, width))
            return io.NodeOutput(audio_of(placed, rate) | noted(audio.get(NOTE)))
        check_one(video, images)
        return followed(cls, audio, width, video, images, fps)


def followed(
    node: type[io.ComfyNode],
    audio: dict[str, Any],
    width: float,
    video: Any,
    images: Tensor | None = None,
    fps: float = 0.0,
) -> io.NodeOutput:
    """The sound placed by what moves in a VIDEO, or in IMAGEs; what it notes is shown on `node`."""
    wave, rate = mono_of(audio)
    movement, seen = movement_seen(video, images, fps)
    notes = lengths_apart(Fraction(wave.shape[-1], rate), seen, longer=HELD, shorter="it ends earlier")
    tell(node, *notes)
    paths = [sounding_path(movement, sound, rate) for sound in wave[:, 0]]
    placed = within_full_scale(render_path(wave, paths, rate, width))
    return io.NodeOutput(audio_of(placed, rate) | noted(audio.get(NOTE), *notes))


def mono_of(audio: dict[str, Any] | None) -> tuple[Tensor, int]:
    """[B, 1, N] on the CPU, and the sampling rate."""
    wave, rate = wave_of(audio, "audio")
    return wave.float().cpu().mean(1, keepdim=True), rate


def path_by_hand(mask: Tensor | None, places: str, seconds: float) -> Path | None:
    if mask is not None and places.strip():
        raise InputError("mask, places: both say where the sound is; leave one of them out.")
    if mask is not None:
        return path_of_mask(mask, seconds)
    return path_of_places(parse_places(places), seconds) if places.strip() else None


def movement_seen(video: Any, images: Tensor | None, fps: float) -> tuple[Movement, Fraction]:
    """What moves where, and the seconds that were seen."""
    slots, seconds = slots_of(video, images, fps, VIEW, host_progress())
    found = MovementMap(VIEW.slots(seconds))
    for _, frames in slots:
        found.add(frames)
    return found.movement(), seconds
