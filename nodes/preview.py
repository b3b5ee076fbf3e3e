"""Foley Preview: plays the sound, and the film with it, over one picture: do onsets lie where something
happens?"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from PIL import Image
from torch import Tensor

from ..kling_foley_core.analysis.onsets import long_onsets
from ..kling_foley_core.errors import InputError
from ..kling_foley_core.limits import MAX_BATCH
from ..kling_foley_core.marks.inspection import labels_of, watermark_note
from ..kling_foley_core.media import FrameView, probe
from ..kling_foley_core.preview.film import can_copy, copy_of_file, copy_of_images, film_name
from ..kling_foley_core.preview.motion import Movement, movement
from ..kling_foley_core.preview.picture import picture
from ..kling_foley_core.preview.player import film_picture, peaks, sound_picture
from ..kling_foley_core.preview.watching import motion_view
from .frames import FRAME_INPUTS
from .host.audio import NOTE, audio_of, wave_of
from .host.progress import host_progress
from .host.schema import schema
from .host.served import Served, served_copy
from .host.types import CATEGORY
from .host.videos import frames_of_images, frames_of_video, made_of_images, window

PEAKS = 600  # in the player's waveform


@dataclass(frozen=True)
class Film:
    frames: Tensor  # uint8 [T, 3, STRIP, STRIP]
    seconds: Fraction
    aspect: float  # width / height as shown
    movement: Movement
    copy: Served | None  # what the page plays
    notes: tuple[str, ...]  # what the reader, and its comment, say of the file


class Preview(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyPreview",
            display_name="Foley Preview",
            category=CATEGORY,
            description="Plays the sound, and the film with it, over one time axis: waveform, film strip, "
            "motion, spectrogram and pan, with the sudden movements seen (red, above) and the onsets heard "
            "(blue, below). All takes of a batch can be chosen.",
            search_aliases=["spectrogram", "waveform", "audio player", "onsets", "声谱图", "预览声音"],
            inputs=[
                io.Audio.Input("audio", tooltip="The sound, mono or stereo; a batch is shown as takes."),
                *FRAME_INPUTS,
            ],
            outputs=[
                io.Audio.Output(display_name="audio", tooltip="The same sound, unchanged, whole batch."),
                io.Image.Output(display_name="picture", tooltip="What is shown, as an image; one a take."),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, audio: dict[str, Any] | None, fps: float, video: Any = None, images: Tensor | None = None
    ) -> io.NodeOutput:
        sounds, rate = sounds_of(audio)
        film = film_of(video, images, fps)
        seconds = sounds.shape[-1] / rate
        name = f"foley_preview_{uuid.uuid4().hex[:8]}"  # never one that a browser remembers from before
        events = [t for t in film.movement.impacts if t < seconds] if film else []
        onsets = [long_onsets(sound, rate) for sound in sounds]
        marks = watermark_note(sounds, rate)
        player = {
            "seconds": seconds,
            "events": rounded(events),
            "note": " ".join(filter(None, [audio.get(NOTE), *(film.notes if film else ()), marks])),
            "film": film and film_shown(film, seconds, name),
            **takes_shown(cls, sounds, rate, onsets, name),
        }
        shown = [drawn(s, rate, film, events, heard) for s, heard in zip(sounds, onsets, strict=True)]
        # A key of our own: the host's frontend wants its own player behind "audio".
        return io.NodeOutput(audio, torch.stack(shown), ui={"kling_foley_preview": [player]})


def sounds_of(audio: dict[str, Any] | None) -> tuple[Tensor, int]:
    """([B, 1 or 2, N] within -1..1 on the CPU, its rate)."""
    wave, rate = wave_of(audio, "audio")
    if wave.shape[1] > 2:
        raise InputError(f"audio: it has {wave.shape[1]} channels; mix it down to 1 or 2.")
    if len(wave) > MAX_BATCH:
        raise InputError(f"audio: it is a batch of {len(wave)} sounds; show at most {MAX_BATCH} at once.")
    return wave.float().clamp(-1, 1).cpu(), rate


def film_of(video: Any, images: Tensor | None, fps: float) -> Film | None:
    """The whole film; None where there is none."""
    if video is not None and images is not None:
        raise InputError("video, images: both are connected; connect one of them, or neither.")
    if video is not None and not made_of_images(video):
        return film_of_file(video)
    if video is not None:
        components = video.get_components()
        images, fps = components.images, components.frame_rate
    return None if images is None else film_of_images(images, fps)


def film_of_images(images: Tensor, fps: float | Fraction) -> Film:
    view = motion_view(fps)
    frames, seconds = frames_of_images(images, fps, view, host_progress())
    aspect = images.shape[2] / images.shape[1]
    return film(frames, view, seconds, aspect, partial(copy_of_images, images, fps))


def film_of_file(video: Any) -> Film:
    source, (start, _) = video.get_stream_source(), window(video)
    info = probe(source)
    view = motion_view(info.frame_rate)
    frames, seconds = frames_of_video(video, view, host_progress())
    copied = partial(copy_of_file, source, start=start, seconds=seconds)
    labels = (f"The film's comment says: {label}" for label in labels_of(source))
    return film(frames, view, seconds, info.width / info.height, copied, (*info.notes, *labels))


def film(
    frames: Tensor,
    view: FrameView,
    seconds: Fraction,
    aspect: float,
    copied: Callable[..., None],
    notes: tuple[str, ...] = (),
) -> Film:
    """`copied` writes the film's copy to a path."""
    make = partial(copied, progress=host_progress())
    copy = served_copy(film_name(frames, seconds, aspect), make) if can_copy() else None
    return Film(frames, seconds, aspect, movement(frames, view.fps), copy, notes)


def film_shown(film: Film, seconds: float, name: str) -> dict[str, Any]:
    """What the player needs of a film under `seconds` of sound."""
    image, labels = film_picture(film.frames, film.aspect, film.movement.curve, seconds / float(film.seconds))
    (saved,) = save_pictures([image_of(image)], f"{name}_film")
    return {
        "file": film.copy,
        "seconds": float(film.seconds),
        "aspect": film.aspect,
        "picture": saved,
        "ratio": image.width / image.height,
        "labels": labels,
    }


def takes_shown(
    cls: type[io.ComfyNode], sounds: Tensor, rate: int, onsets: list[list[float]], name: str
) -> dict[str, Any]:
    """What the player needs of the sounds."""
    files = ui.AudioSaveHelper.save_audio(audio_of(sounds, rate), name, io.FolderType.temp, cls)
    shown = [sound_picture(sound, rate) for sound in sounds]
    pictures = save_pictures([image_of(each.image) for each in shown], f"{name}_sound")
    takes = [
        {"sound": file, "picture": saved, "peaks": peaks(sound, PEAKS), "onsets": rounded(heard)}
        for file, saved, sound, heard in zip(files, pictures, sounds, onsets, strict=True)
    ]
    image, labels = shown[0]
    return {"takes": takes, "ratio": image.width / image.height, "labels": labels}


def save_pictures(images: list[Tensor], name: str) -> list[Served]:
    return ui.ImageSaveHelper.save_images(images, name, io.FolderType.temp, None)


def rounded(times: list[float]) -> list[float]:
    """To the millisecond, which is less than a pixel."""
    return [round(t, 3) for t in times]


def drawn(sound: Tensor, rate: int, film: Film | None, events: list[float], onsets: list[float]) -> Tensor:
    """IMAGE [H, W, 3]."""
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
    return image_of(picture(sound, rate, ticks_above=events, ticks_below=onsets, **rows))


def image_of(image: Image.Image) -> Tensor:
    """Float [H, W, 3] in 0..1."""
    return torch.from_numpy(np.asarray(image).copy()).float() / 255
