"""Foley Evaluate: figures of a sound, or of takes, against the film's own sound; the best of a batch by one
of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.evaluation.measures.table import MEASURES
from ..kling_foley_core.evaluation.takes import (
    as_json,
    as_text,
    best_take,
    choices,
    shown,
    take_figures,
)
from ..kling_foley_core.limits import MAX_BATCH
from ..kling_foley_core.media import probe
from ..kling_foley_core.preview.motion import movement
from ..kling_foley_core.preview.watching import motion_view
from .host.audio import ENDS_TOGETHER, NOTE, audio_of, noted, wave_of
from .host.notes import tell
from .host.progress import host_progress
from .host.schema import schema
from .host.types import CATEGORY
from .host.videos import film_of, frames_of_video, made_of_images
from .mix import each, own_of
from .preview import image_of, save_pictures
from .takes import rate_of

if TYPE_CHECKING:
    from ..kling_foley_core.evaluation.report.take_picture import SeenFilm

STAGE = "figures of the takes"


class Evaluate(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyEvaluate",
            display_name="Foley Evaluate",
            category=CATEGORY,
            description="Measures a sound, alone and against the film's own: hits that are heard, envelope, "
            "loudness, silence, pan, bandwidth, clicks, clipping. Of a batch it gives the best by one of "
            "these figures. It needs no file.",
            search_aliases=["metrics", "quality", "lufs", "measure audio", "compare audio", "评估", "指标"],
            inputs=[
                io.Audio.Input("audio", tooltip="The sound, mono or stereo; or a batch of takes."),
                io.Audio.Input(
                    "reference",
                    optional=True,
                    tooltip="What it should be like, from the same moment on: one sound for all takes, or as "
                    "many. Without it, the video's own sound is taken if it has one.",
                ),
                io.Video.Input(
                    "video",
                    optional=True,
                    tooltip="The film of the sound: it gives the picture its film strip, and its own sound "
                    "is the reference where none is connected.",
                ),
                io.Combo.Input(
                    "choose_by",
                    options=choices(),
                    default="hits F1",
                    tooltip="The figure by which the best of a batch is chosen. Which way is better is "
                    "known.",
                ),
                io.String.Input(
                    "prompt",
                    default="",
                    optional=True,
                    tooltip="What was asked for; it is written beside the figures, to find them again.",
                ),
            ],
            outputs=[
                io.Audio.Output(display_name="best", tooltip="The best take alone."),
                io.Int.Output(display_name="index", tooltip="Which take of the batch that is, from 0."),
                io.String.Output(display_name="figures", tooltip="All figures of all takes, as a table."),
                io.String.Output(
                    display_name="json", tooltip="The same as JSON, with the onsets in seconds."
                ),
                io.Image.Output(
                    display_name="picture",
                    tooltip="The best take: film strip, spectrogram with true onsets above in red and heard "
                    "ones below in blue, pan.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        audio: dict[str, Any] | None,
        choose_by: str,
        reference: dict[str, Any] | None = None,
        video: Any = None,
        prompt: str = "",
    ) -> io.NodeOutput:
        from ..kling_foley_core.evaluation.report.take_picture import take_picture

        wave, rate = takes_of(audio)
        true, film = reference_of(reference, video), seen(video)
        pairs, progress = each(true, len(wave), "reference"), host_progress()
        takes = []
        for k, (sound, own) in enumerate(zip(wave, pairs, strict=True)):
            takes.append(take_figures(sound, rate, own, film and film.movement))
            progress(STAGE, k + 1, len(wave))
        best = best_take(takes, choose_by)
        told = said(choose_by, best, takes[best].figures.get(choose_by)) if len(wave) > 1 else []
        tell(cls, *told, *apart(wave, rate, true))
        picture = image_of(take_picture(wave[best], rate, takes[best].onsets, pairs[best], film))[None]
        return io.NodeOutput(
            audio_of(wave[best : best + 1], rate) | noted(audio.get(NOTE)),
            best,
            as_text(takes, best),
            as_json(takes, best, choose_by, prompt),
            picture,
            ui={"images": save_pictures(list(picture), "foley_evaluate")},
        )


def takes_of(audio: dict[str, Any] | None) -> tuple[Tensor, int]:
    """([B, C, N] on the CPU, its rate)."""
    wave, rate = wave_of(audio, "audio")
    if len(wave) > MAX_BATCH:
        raise InputError(f"audio: it is a batch of {len(wave)} sounds; measure at most {MAX_BATCH} at once.")
    return wave.float().cpu(), rate


def reference_of(reference: dict[str, Any] | None, video: Any) -> tuple[Tensor, int] | None:
    """(wave [B, C, N], rate) of what is connected, or the video's own; None where there is neither."""
    if reference is not None:
        return wave_of(reference, "reference")
    return own_of(video, None) if has_sound(video) else None


def has_sound(video: Any) -> bool:
    if video is None:
        return False
    if made_of_images(video):
        return video.get_components().audio is not None
    return probe(video.get_stream_source()).has_audio


def seen(video: Any) -> SeenFilm | None:
    if video is None:
        return None
    from ..kling_foley_core.evaluation.report.take_picture import SeenFilm

    view = motion_view(rate_of(video))
    frames, seconds = frames_of_video(video, view, host_progress())
    shape = film_of(video, None, 0.0)
    return SeenFilm(frames, float(seconds), shape.width / shape.height, movement(frames, view.fps))


def said(by: str, best: int, value: float | None) -> list[str]:
    measure = MEASURES[by]
    if value is None:
        return [f"No take has a {measure.heading}: the first is given."]
    return [f"Best {measure.heading}: take {best}, {shown(measure, value)} {measure.unit}".rstrip() + "."]


def apart(wave: Tensor, rate: int, reference: tuple[Tensor, int] | None) -> list[str]:
    if reference is None:
        return []
    heard, true = wave.shape[2] / rate, reference[0].shape[2] / reference[1]
    if abs(heard - true) <= ENDS_TOGETHER:
        return []
    how = "what is missing counts as silence" if heard < true else "only what both last is compared"
    return [f"The sound is {heard:.2f} s long, its reference {true:.2f} s: {how}."]
