"""One clip after another in this process; what fails is noted and left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ..errors import InputError, shown
from ..files.whole_file import whole_file
from ..media import load_audio
from ..mix import levels_of
from ..pages import clip_pictures, jpeg
from .clips import BatchClip
from .outcome import FAILED, MADE, Facts, Outcome
from .records import Records, made_parent

# Makes a clip's sound and writes it into the file.
Make = Callable[[BatchClip, Path], None]
Reached = Callable[[BatchClip, Outcome], None]

SHOWN = 120  # seconds that a picture shows at most


def made_one_by_one(clips: Sequence[BatchClip], make: Make, records: Records, reached: Reached) -> None:
    for clip in clips:
        reached(clip, attempt(clip, make, records))


def attempt(clip: BatchClip, make: Make, records: Records) -> Outcome:
    """Whatever goes wrong with a clip, memory that is used up included, is its outcome. (Ctrl-C is no
    Exception: it stops everything.)"""
    began, output = time.monotonic(), records.output(clip)
    try:
        make(clip, made_parent(output))
        facts = _facts(output, clip, records)
        facts = replace(facts, took=round(time.monotonic() - began, 2))
        records.write(clip, facts)
    except Exception as error:
        return Outcome(FAILED, why=sentence(error))
    return Outcome(MADE, facts)


def sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "the memory is used up; ask for fewer seconds, or use a machine with more."
    text = shown(" ".join(str(error).split()))
    return text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"


def _facts(output: Path, clip: BatchClip, records: Records) -> Facts:
    """Of the sound as it is in its file."""
    wave, rate = load_audio(output)
    seconds = wave.shape[1] / rate
    levels = levels_of(wave, rate)
    if records.drawn:
        _draw(wave, rate, clip, records)
    loudness, peak = (round(v, 1) if abs(v) != float("inf") else None for v in (levels.loudness, levels.peak))
    return Facts(round(seconds, 3), rate, len(wave), loudness, peak, took=0.0)


def _draw(wave: Tensor, rate: int, clip: BatchClip, records: Records) -> None:
    """The clip's pictures, beside its record."""
    part = min(wave.shape[1] / rate, SHOWN)
    drawn = clip_pictures(wave[:, : round(part * rate)], rate, clip.video, clip.start, part, moving=True)
    for image, path in zip(drawn, records.pictures(clip), strict=True):
        with whole_file(made_parent(path)) as draft:
            jpeg(image, draft)
