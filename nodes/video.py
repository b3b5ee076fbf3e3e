"""Video With Sound: the video's own packets with the new stereo track, of exactly the video's length."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch.nn.functional as F
from comfy_api.latest import InputImpl, io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.marks.label import label as label_text
from ..kling_foley_core.media import check_target, images_seconds, mux, probe, target_suffixes
from ..kling_foley_core.timing import audio_samples
from .host.audio import audio_of, lengths_apart, wave_of
from .host.notes import tell
from .host.origin import origin
from .host.progress import host_progress
from .host.schema import schema
from .host.temporary import TemporaryFilm
from .host.types import CATEGORY
from .host.videos import made_of_images, remade, spoilt_by_saving, window

FIRST_TAKE = "Of {takes} sounds the first is in the video; Foley Preview plays all of them."


class VideoWithSound(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyVideoWithSound",
            display_name="Video With Sound",
            category=CATEGORY,
            description="Gives a video a new sound track of exactly the video's length: the sound is cut, or "
            "continued with silence. The picture of a file is copied, not encoded again.",
            search_aliases=[
                "add sound to video",
                "mux",
                "merge audio video",
                "soundtrack",
                "音视频合并",
                "视频加声音",
            ],
            inputs=[
                io.Video.Input("video", tooltip="The video that gets the sound; a track it has is replaced."),
                io.Audio.Input("audio", tooltip="The sound, mono or stereo; of a batch the first."),
                io.Boolean.Input(
                    "label",
                    default=True,
                    optional=True,
                    tooltip="Say in the file's comment that a machine made the sound, with which model, if "
                    "Foley made it in this graph.",
                ),
            ],
            outputs=[
                io.Video.Output(display_name="video", tooltip="The video with the sound, for Save Video.")
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def execute(cls, video: Any, audio: dict[str, Any] | None, label: bool = True) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        if wave.shape[1] > 2:
            raise InputError(f"audio: it has {wave.shape[1]} channels; mix it down to 1 or 2.")
        takes, wave = len(wave), wave[0].float().clamp(-1, 1).cpu()
        if made_of_images(video):
            made, notes = with_components(video, wave, rate)
        else:
            made, notes = with_packets(video, wave, rate, label_of(cls.hidden) if label else None)
        if takes > 1:
            notes.append(FIRST_TAKE.format(takes=takes))
        tell(cls, *notes)
        return io.NodeOutput(made)


def with_components(video: Any, wave: Tensor, rate: int) -> tuple[Any, list[str]]:
    """A video made of images stays one, and the host encodes picture and sound when it is saved; and what
    users should know of it."""
    components = video.get_components()
    seconds = images_seconds(components.images, components.frame_rate)
    fitting, notes = fitted(wave, rate, seconds)
    return remade(video, replace(components, audio=audio_of(fitting[None], rate))), notes


def label_of(hidden: Any) -> str | None:
    """What the film's comment says of its sound; None where Foley did not make it."""
    graph, node = (getattr(hidden, name, None) for name in ("prompt", "unique_id"))
    made, model = origin(graph, node, "audio")
    return label_text(model, in_part=True) if made else None


def with_packets(video: Any, wave: Tensor, rate: int, label: str | None) -> tuple[Any, list[str]]:
    """A video of a file with the picture's own packets and the sound, and what users should know of it."""
    start, seconds = window(video)
    source = video.get_stream_source()
    path = TemporaryFilm.named(suited_suffix(source, start, seconds))
    sound, notes = fitted(wave, rate, seconds)
    notes += probe(source).notes
    cut = {"start": start, "seconds": seconds, "progress": host_progress()}
    notes += mux(source, sound, rate, path, **cut, label=label)
    return InputImpl.VideoFromFile(path), notes


def suited_suffix(source: Any, start: Fraction, seconds: Fraction) -> str:
    """That of the film's own kind of container, else of one that can hold it.

    What Save Video would spoil in Matroska goes into mp4 at once.
    """
    own, *others = target_suffixes(source)
    spoilt = own in (".mkv", ".webm") and spoilt_by_saving(source)
    for suffix in [*others, own] if spoilt else [own, *others]:
        with suppress(InputError):
            check_target(source, TemporaryFilm.named(suffix), start=start, seconds=seconds)
            return suffix
    return ".mkv"


def fitted(wave: Tensor, rate: int, seconds: Fraction) -> tuple[Tensor, list[str]]:
    """[C, N] cut or continued with silence to `seconds`, and what to say of that."""
    heard, samples = Fraction(wave.shape[1], rate), audio_samples(seconds, rate)
    notes = lengths_apart(heard, seconds, longer="it was cut", shorter="silence was put behind it")
    return F.pad(wave[:, :samples], (0, max(0, samples - wave.shape[1]))), notes
