"""The host's VIDEO for the library: read as a stream from its file, or from its images where it has none."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from comfy_api.latest import InputImpl
from torch import Tensor

from ...kling_foley_core.media import (
    FrameView,
    images_seconds,
    probe,
    read_slots,
    slots_of_images,
    views_from_images,
)
from ...kling_foley_core.media.filling import Slots, whole_views
from ...kling_foley_core.media.masks import Film, film_of_file
from ...kling_foley_core.media.source import open_media, source_name
from ...kling_foley_core.media.streams import video_stream
from ...kling_foley_core.media.window import clip_window, exact
from ...kling_foley_core.progress import Progress, silent


def made_of_images(video: Any) -> bool:
    """Whether the VIDEO holds frames as a tensor; reading it as a stream would encode them first."""
    return isinstance(video, InputImpl.VideoFromComponents)


def remade(video: Any, components: Any) -> Any:
    """A VIDEO of images with other components, saved with as many bits as before where the host knows of
    them."""
    known = "bit_depth" in inspect.signature(InputImpl.VideoFromComponents).parameters
    depth = {"bit_depth": video.get_bit_depth()} if known else {}
    return InputImpl.VideoFromComponents(components, **depth)


def window(video: Any) -> tuple[Fraction, Fraction]:
    """(start, seconds) of the part of its file that a VIDEO is; newer hosts can trim one without writing it
    anew. To the microsecond: 0.4 is meant as 2/5, and the frame at the end is no part of it."""
    source = video.get_stream_source()
    whole = probe(source).duration
    start, seconds = map(exact, _trimmed(video))
    if whole is None:
        return clip_window(source_name(source), None, start, seconds or None)
    if start < 0:
        start = max(whole + start, Fraction(0))
    return start, min(whole - start, seconds) if seconds else whole - start


def _trimmed(video: Any) -> tuple[float, float]:
    if hasattr(video, "get_active_trim_window"):
        return video.get_active_trim_window()
    # Hosts that trim (from 0.13 on) but don't tell how (before 0.23) keep it under these names.
    start, seconds = "_VideoFromFile__start_time", "_VideoFromFile__duration"
    return getattr(video, start, 0.0), getattr(video, seconds, 0.0)


def spoilt_by_saving(source: Any) -> bool:
    """Whether Save Video, which writes mp4 unless told otherwise, spoils a Matroska film: it drops packets
    without a decoding time, which Matroska never stores (of reordered pictures the first or last), and fails
    at Matroska's subtitles.
    """
    with open_media(source) as container:
        film = video_stream(container, "the film")
        return bool(film.codec_context.has_b_frames or container.streams.subtitles)


def slots_of_video(video: Any, view: FrameView, progress: Progress) -> tuple[Iterator[Slots], Fraction]:
    """The slots that the view asks for, one after the other, and the exact seconds they cover."""
    if made_of_images(video):
        components = video.get_components()
        images, rate = components.images, components.frame_rate
        return slots_of_images(images, rate, {"view": view}, progress=progress), images_seconds(images, rate)
    start, seconds = window(video)
    source, views = video.get_stream_source(), {"view": view}
    return read_slots(source, views, start=start, seconds=seconds, progress=progress), seconds


def frames_of_video(video: Any, view: FrameView, progress: Progress) -> tuple[Tensor, Fraction]:
    """The same as one: uint8 [T, 3, S, S]."""
    slots, seconds = slots_of_video(video, view, progress)
    return whole_views({"view": view}, seconds, slots)["view"], seconds


def slots_of(
    video: Any, images: Tensor | None, fps: float, view: FrameView, progress: Progress
) -> tuple[Iterator[Slots], Fraction]:
    """Of a VIDEO or of IMAGEs, whichever there is."""
    if video is not None:
        return slots_of_video(video, view, progress)
    return slots_of_images(images, fps, {"view": view}, progress=progress), images_seconds(images, fps)


def film_of(video: Any, images: Tensor | None, fps: float) -> Film:
    """What a mask for it has to fit."""
    if video is not None and not made_of_images(video):
        return film_of_file(video.get_stream_source(), *window(video))
    if video is not None:
        components = video.get_components()
        images, fps = components.images, components.frame_rate
    seconds = images_seconds(images, fps)
    return Film(images.shape[2], images.shape[1], Fraction(0), seconds, Fraction(len(images)), seconds)


def frames_of_images(
    images: Tensor, fps: float | Fraction, view: FrameView, progress: Progress = silent
) -> tuple[Tensor, Fraction]:
    """The same from IMAGE [N, H, W, C] and its frame rate."""
    views = views_from_images(images, fps, {"view": view}, progress=progress)
    return views["view"], images_seconds(images, fps)
