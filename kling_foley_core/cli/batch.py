"""`kling-foley batch FOLDER|MANIFEST --out DIR`: a sound for each of many films."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, silent
from . import generate
from .clip_bar import ClipBar
from .devices import devices_of
from .masking import chosen_mask
from .mix import mix_settings
from .say import prepare_streams, remark, say
from .stems import check_music, music_beside
from .stereo import check_renderer, check_stereo
from .tables import pairs, table_options
from .takes import check_count, take_options

if TYPE_CHECKING:
    from ..batch import BatchClip, Make, Outcome, Reached, Records, Settings
    from ..generation.pipeline import FoleyPipeline

FORMATS = ("mp4", "mov", "mkv", "webm", "wav", "flac", "mp3")
MOST_JOBS = 64
# What says which clips, where and how many at once, and so changes no sound.
ABOUT = ("manifest", "out", "columns", "root", "jobs", "device", "run", "seed", "prompt", "cache")


def add_command(commands: argparse._SubParsersAction) -> None:
    batch = commands.add_parser("batch", help="a sound for each film of a folder or a table")
    batch.add_argument(
        "manifest",
        type=Path,
        metavar="FOLDER|MANIFEST",
        help="clip.mp4 with clip.txt as its prompt; or CSV or JSON lines with the columns video, caption, "
        "start, seconds",
    )
    batch.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="for the outputs and the report; the same "
        "command goes on with it"
    )  # fmt: skip
    batch.add_argument("--format", choices=FORMATS, default="mp4", help="of the outputs")
    batch.add_argument("--prompt", default="", help="what to hear in clips that have no caption")
    table_options(batch)
    batch.add_argument(
        "--jobs", type=int, default=1, help="processes, each with the weights; several GPUs take turns"
    )
    batch.add_argument("--negative-prompt", default="", help="what not to hear; may have times too")
    generate.sampling_options(batch)
    take_options(batch)
    generate.sound_options(batch)
    batch.set_defaults(run=_batch)


def _batch(options: argparse.Namespace) -> int:
    from ..batch import FAILED, KEPT, MADE, Records, batch_clips, write_report
    from ..batch.lock import locked

    _check(options)
    clips, rejected, notes = batch_clips(
        options.manifest,
        pairs("--columns", options.columns),
        options.root,
        prompt=options.prompt,
        seed=options.seed,
        suffix=f".{options.format}",
    )
    for note in notes:
        remark(note)
    title = options.manifest.name or str(options.manifest)
    with locked(options.out):
        records = Records(options.out, _settings(options))
        outcomes = {clip.id: done for clip in clips if (done := records.done(clip))}
        to_do = [clip for clip in clips if clip.id not in outcomes]
        if outcomes:
            say(f"{len(outcomes)} of {len(clips)} clips are done already")
        bar = ClipBar(len(to_do))

        def reached(clip: BatchClip, outcome: Outcome) -> None:
            outcomes[clip.id] = outcome
            if outcome.state == FAILED:
                with bar.aside():
                    remark(f"{clip.id}: {outcome.why}")
            bar.next()

        try:
            with bar:
                _make_all(options, to_do, records, reached, bar)
        finally:
            page = write_report(title, clips, rejected, outcomes, records)
    for row in rejected:
        remark(f"{row.id}: {row.why}")
    states = [outcome.state for outcome in outcomes.values()]
    failed = states.count(FAILED) + len(rejected)
    say(f"{page}: {states.count(MADE)} made, {states.count(KEPT)} done before, {failed} failed")
    return 1 if failed else 0


def _make_all(
    options: argparse.Namespace, clips: Sequence[BatchClip], records: Records, reached: Reached, bar: ClipBar
) -> None:
    from ..batch import made_by_processes, made_one_by_one

    if not clips:
        return
    with bar.aside():
        generate.remark_on_model(options)
    if options.jobs == 1:
        maker = _Maker(options, generate.loaded(options, bar.stage), bar.stage, bar.aside)
        made_one_by_one(clips, maker, records, reached)
    else:
        devices = devices_of(options.device, options.jobs)
        made_by_processes(clips, partial(_start, options), devices, records, reached)


@dataclass(frozen=True)
class _Maker:
    """Makes one clip as `generate` would with the same options, its prompt, window and seed."""

    options: argparse.Namespace
    pipeline: FoleyPipeline
    progress: Progress
    aside: Callable[[], AbstractContextManager[None]] = nullcontext

    def __call__(self, clip: BatchClip, output: Path) -> None:
        options = copy(self.options)
        options.video, options.prompt, options.seed = clip.video, clip.prompt, clip.seed
        options.start, options.seconds, options.output = clip.start, clip.seconds, output
        if options.stems is not None:  # two folders may have a clip of one name
            options.stems = options.stems / clip.output.parent
        mix = generate.prepared(options)
        sound = generate.generated(options, self.pipeline, self.progress)
        music = music_beside(options, self.pipeline, sound, self.progress)
        with self.aside():
            generate.write(options, sound, mix, music)


def _start(options: argparse.Namespace, device: str) -> Make:
    """In a process of its own."""
    prepare_streams()
    options.device = device
    return _Maker(options, generate.loaded(options, silent), silent)


def _check(options: argparse.Namespace) -> None:
    """Refuses what no clip could be made with, before any work."""
    from ..files.whole_file import made_folder

    if not 1 <= options.jobs <= MOST_JOBS:
        raise InputError(f"--jobs {options.jobs}: give 1 to {MOST_JOBS}.")
    generate.check_sampling(options, None, has_video=True)
    mix_settings(options)
    check_count(options)
    _check_prompts(options)
    check_stereo(options, None, has_video=True)
    _check_files(options)
    check_music(options)
    check_renderer(options)
    if options.out.resolve().is_relative_to(options.manifest.resolve()):
        raise InputError(
            f"--out {options.out} lies within {options.manifest}, and what is made there would be clips of "
            "the next run; choose a folder beside it."
        )
    made_folder(options.out, "--out")


def _check_prompts(options: argparse.Namespace) -> None:
    """InputError for times that can't be read; whether a clip has them is seen when it is its turn."""
    from ..prompts import parse

    for name in ("prompt", "negative_prompt", "music_prompt"):
        parse(getattr(options, name), f"--{name.replace('_', '-')}")


def _check_files(options: argparse.Namespace) -> None:
    """InputError for files and folders that all clips need and that can't be had."""
    from ..files.whole_file import made_folder
    from ..media import probe

    if isinstance(chosen_mask(options), Path):
        probe(options.mask)
    for file, _ in options.lora:
        if not file.is_file():
            raise InputError(f"--lora {file}: there is no such file; check the path.")
    if options.stems is not None:
        made_folder(options.stems, "--stems")


def _settings(options: argparse.Namespace) -> Settings:
    """Every option that acts on a sound, whichever group it is of; InputError where weights are missing."""
    from ..batch import Settings
    from ..presets import SMALL
    from ..systems.assembly import found_system
    from ..weights import BUILT_IN

    values = {name: str(value) for name, value in sorted(vars(options).items()) if name not in ABOUT}
    model = BUILT_IN if options.model == SMALL.name else Path(options.model)
    files = [network.path for network in found_system(model).parts.values()]
    files += [file for file, _ in options.lora]
    named = (value for name, value in vars(options).items() if name not in ABOUT)
    files += [value for value in named if isinstance(value, Path) and value.is_file()]
    return Settings(values, tuple(dict.fromkeys(files)))
