"""Sounds of a model for the clips of a list: made with what suits the model, kept, and not made twice.

Of each film the part that is judged, with the caption as the prompt and a seed of the clip's own, as
`kling-foley batch` has it; a clip without a film gets a sound for its caption alone. Sounds are WAV files
below the folder, named by the clips' ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ...batch import FAILED, BatchClip, Make, Outcome, Records, Settings, made_by_processes, made_one_by_one
from ...batch.clips import seed_of
from ...cache import cache_folder
from ...files.output_name import output_name
from ...generation.pipeline import FoleyPipeline
from ...media import probe, save_audio
from ...presets import SMALL
from ...progress import Progress, silent
from ...systems.assembly import found_system
from ...weights import BUILT_IN
from .clip import Clip

Reached = Callable[[BatchClip, Outcome], None]


def wanted_sounds(clips: Sequence[Clip], seconds: float) -> list[BatchClip]:
    """At most `seconds` of each."""
    taken: set[str] = set()
    return [
        BatchClip(
            id=clip.id,
            video=clip.film,
            prompt=clip.caption,
            start=clip.start,
            seconds=seconds if clip.seconds is None else min(seconds, clip.seconds),
            seed=seed_of(clip.id),
            output=output_name(clip.id, ".wav", taken),
        )
        for clip in clips
    ]


def records_of(folder: Path, model: str) -> Records:
    """InputError where the model's weights are missing."""
    system = found_system(BUILT_IN if model == SMALL.name else Path(model))
    files = dict.fromkeys(network.path for network in system.parts.values())
    return Records(folder, Settings({"model": model}, tuple(files)), drawn=False)


def make_sounds(
    wanted: Sequence[BatchClip],
    records: Records,
    model: str,
    devices: Sequence[str],
    progress: Progress,
    failed: Callable[[BatchClip, str], None],
) -> dict[str, Path | str]:
    """Clip's id -> its file, or why there is none. Those that are there are kept; `failed` is told at
    once."""
    made: dict[str, Path | str] = {c.id: records.output(c) for c in wanted if records.done(c)}
    left = [clip for clip in wanted if clip.id not in made]

    def reached(clip: BatchClip, outcome: Outcome) -> None:
        made[clip.id] = records.output(clip)
        if outcome.state == FAILED:
            made[clip.id] = f"no sound was made: {outcome.why}"
            failed(clip, outcome.why)
        progress("sounds", len(made), len(wanted))

    if not left:
        return made
    if len(devices) > 1:
        made_by_processes(left, Start(model), devices, records, reached, "--workers")
    else:
        made_one_by_one(left, Start(model, progress)(devices[0]), records, reached)
    return made


@dataclass(frozen=True)
class Start:
    """Loads the model; in a process of its own too."""

    model: str
    progress: Progress = silent

    def __call__(self, device: str) -> Make:
        pipeline = FoleyPipeline.from_pretrained(
            self.model, device, "auto", self.progress, cache=cache_folder()
        )
        return Maker(pipeline)


@dataclass(frozen=True)
class Maker:
    pipeline: FoleyPipeline

    def __call__(self, clip: BatchClip, output: Path) -> None:
        window = {"seconds": clip.seconds}
        if clip.video is not None:
            window = {"video": clip.video, "start": clip.start, "seconds": _lasting(clip)}
        sound = self.pipeline.generate(prompt=clip.prompt, seed=clip.seed, **window)
        save_audio(output, sound.waveform[0], sound.sampling_rate)


def _lasting(clip: BatchClip) -> float | Fraction:
    """What is asked for, or as much as the film has from there."""
    whole = probe(clip.video).duration
    left = None if whole is None else whole - Fraction(clip.start)
    return clip.seconds if left is None or left >= clip.seconds or left <= 0 else left
