"""What is asked of one sound, checked before any work; needs no model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..editing import Edit
from ..errors import InputError
from ..flow import USUAL, solver_of
from ..limits import MAX_BATCH, MAX_SECONDS
from ..media.probe import probe
from ..media.source import source_name
from ..media.window import clip_window
from ..prompts import parse, spread
from ..timing import Seconds
from .video_features import VideoFeatures


def check_settings(
    steps: int | None,
    guidance: float | None,
    batch: int,
    seconds: float | None,
    *,
    has_video: bool,
    picture_guidance: float | None = None,
    solver: str = USUAL,
) -> None:
    """Raises InputError for values that can't be; needs no model, so it can come before loading one."""
    solver_of(solver).times(steps)
    for name, weight in {"guidance": guidance, "picture_guidance": picture_guidance}.items():
        if weight is not None and not 0 <= weight < float("inf"):
            raise InputError(f"{name} = {weight}: give 0 or more; 4.5 is usual, 1 switches it off.")
    if not 1 <= batch <= MAX_BATCH:
        raise InputError(f"batch = {batch}: between 1 and {MAX_BATCH} sounds can be made at once.")
    if seconds is None and has_video:
        return
    if seconds is None or not 0 < seconds <= MAX_SECONDS:
        raise InputError(
            f"seconds = {seconds}: the sound needs a length above 0 and of at most {MAX_SECONDS} s"
            + ("." if has_video else "; without a video it must be said.")
        )


def check_prompts(prompt: str, negative_prompt: str, seconds: Seconds) -> None:
    """Raises InputError for times of either prompt that can't be read or lie outside of `seconds`."""
    for name, text in {"prompt": prompt, "negative_prompt": negative_prompt}.items():
        spread(parse(text, name), seconds, name)


def video_window(video: Any, start: float, seconds: float | None) -> tuple[Fraction, Fraction]:
    """(exact seconds of the window, never beyond the clip; seconds of the clip)."""
    whole = probe(video).duration
    begin, length = clip_window(source_name(video), whole, start, seconds)
    whole = whole or begin + length  # a still picture lasts as long as is asked for
    length = min(length, whole - begin)
    if length > MAX_SECONDS:
        raise InputError(
            f"{source_name(video)}: {float(length):.0f} s are too long for one sound; give start and seconds "
            f"of at most {MAX_SECONDS}."
        )
    return length, whole


def fitted(
    edit: Edit, video: Any, features: VideoFeatures | None, start: float, seconds: float | None
) -> tuple[Edit, Seconds | None]:
    """The edit at just the length of the film's window, and the seconds to read of the film or to make
    without one; InputError where sound and film don't belong together."""
    if features is not None:
        return edit.lasting(features.seconds), seconds
    lasts = video is not None and (seconds is not None or probe(video).duration is not None)
    whole = video_window(video, start, seconds)[0] if lasts else None  # a still picture: as long as the sound
    seconds = edit.window(seconds, whole)
    return edit.lasting(Fraction(seconds)), seconds
