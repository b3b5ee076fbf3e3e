"""Foley Preview: hears the sound and looks at it beside the film: do onsets lie where something happens?"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.media import FrameView, probe
from ..kling_foley_core.preview.motion import Movement, movement
from ..kling_foley_core.preview.picture import STRIP, picture
from ..kling_foley_core.preview.player import heard_onsets, peaks
from .frames import FRAME_INPUTS
from .host.audio import audio_of, wave_of
from .host.progress import host_progress
from .host.schema import schema
from .host.types import CATEGORY
from .host.videos import frames_of_images, frames_of_video, made_of_images

PEAKS = 600  # in the player's waveform
MOST_FPS = 60


@dataclass(frozen=True)
class Film:
    frames: Tensor  # uint8 [T, 3, STRIP, STRIP]
    seconds: Fraction
    aspect: float  # width / height as shown
    movement: Movement


class Preview(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyPreview",
            display_name="Foley Preview",
            category=CATEGORY,
            description="Plays the sound and shows it beside the film: spectrogram with the onsets heard "
            "(blue, below) and the sudden movements seen (red, above), motion and pan over time.",
            search_aliases=["spectrogram", "waveform", "audio player", "onsets", "声谱图", "预览声音"],
            inputs=[
                io.Audio.Input(
                    "audio", tooltip="The sound, mono or stereo; of a batch the first is shown and played."
                ),
                *FRAME_INPUTS,
            ],
            outputs=[
                io.Audio.Output(display_name="audio", tooltip="The same sound, unchanged, whole batch."),
                io.Image.Output(display_name="picture", tooltip="What is shown, as an image."),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, audio: dict[str, Any] | None, fps: float, video: Any = None, images: Tensor | None = None
    ) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        if wave.shape[1] > 2:
            raise InputError(f"audio: it has {wave.shape[1]} channels; mix it down to 1 or 2.")
        sound, seconds = wave[0].float().clamp(-1, 1).cpu(), wave.shape[-1] / rate
        film = film_of(video, images, fps)
        events = [t for t in film.movement.impacts if t < seconds] if film else []
        onsets = heard_onsets(sound, rate)
        shown = drawn(sound, rate, film, events, onsets)
        name = f"foley_preview_{uuid.uuid4().hex[:8]}"  # never one that a browser remembers from before
        files = ui.AudioSaveHelper.save_audio(audio_of(sound[None], rate), name, io.FolderType.temp, cls)
        player = {
            **files[0],
            "seconds": seconds,
            "peaks": peaks(sound, PEAKS),
            "onsets": [round(t, 3) for t in onsets],
            "events": [round(t, 3) for t in events],
        }
        images = ui.ImageSaveHelper.save_images(shown, name, io.FolderType.temp, cls)
        # A key of our own: the host's frontend wants its own player behind "audio".
        return io.NodeOutput(audio, shown, ui={"kling_foley_preview": [player], "images": images})


def film_of(video: Any, images: Tensor | None, fps: float) -> Film | None:
    """The whole film, small, and how it moves; None where there is none."""
    if video is not None and images is not None:
        raise InputError("video, images: both are connected; connect one of them, or neither.")
    if video is None and images is None:
        return None
    if video is None or made_of_images(video):
        if video is not None:
            components = video.get_components()
            images, fps = components.images, components.frame_rate
        view = view_at(fps)
        frames, seconds = frames_of_images(images, fps, view, host_progress())
        aspect = images.shape[2] / images.shape[1]
    else:
        info = probe(video.get_stream_source())
        view, aspect = view_at(info.frame_rate), info.width / info.height
        frames, seconds = frames_of_video(video, view, host_progress())
    return Film(frames, seconds, aspect, movement(frames, view.fps))


def view_at(fps: float | Fraction) -> FrameView:
    """The film's own rate, rounded up, or an equal part of it: a frame left out now and then would be seen as
    a jerk. (One shown twice is known as such.)"""
    parts = max(1, math.ceil(fps / MOST_FPS))
    return FrameView(max(1, math.ceil(Fraction(fps) / parts)), STRIP, "stretch")


def drawn(sound: Tensor, rate: int, film: Film | None, events: list[float], onsets: list[float]) -> Tensor:
    """IMAGE [1, H, W, 3]."""
    rows = (
        {}
        if film is None
        else {
            "frames": film.frames,
            "film_seconds": float(film.seconds),
            "aspect": film.aspect,
            "motion": film.movement.curve,
        }
    )
    image = picture(sound, rate, marks=events, heard=onsets, **rows)
    return torch.from_numpy(np.asarray(image).copy()).float()[None] / 255
