"""Options of `kling-foley generate` for several takes of a sound, each named by its seed: all of them, or the
best."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files.whole_file import checked_output
from ..limits import MAX_BATCH, MAX_HELD_SECONDS
from ..progress import Progress
from ..timing import Seconds
from .marks import label_of, marked
from .masking import chosen_mask
from .say import say

if TYPE_CHECKING:
    from ..generation.pipeline import FoleyPipeline
    from ..generation.sound import Sound
    from ..generation.video_features import VideoFeatures
    from ..ranking import Take


def take_options(parser: argparse.ArgumentParser, *, all_of_them: bool = False) -> None:
    """`all_of_them`: also --takes, for a command that writes several files of one film."""
    group = parser.add_argument_group("several takes")
    if all_of_them:
        group.add_argument(
            "--takes",
            type=int,
            default=1,
            metavar="N",
            help="make N takes, of seeds SEED to SEED + N - 1, and write each as OUT.seedK.SUFFIX",
        )
    group.add_argument(
        "--best-of",
        type=int,
        default=1,
        metavar="N",
        help="make N takes, of seeds SEED to SEED + N - 1; keep the one whose onsets best meet what moves",
    )
    group.add_argument(
        "--keep-takes",
        action="store_true",
        help="with --best-of: write every take beside OUTPUT, as OUT.seedK.wav",
    )


def checked_takes(options: argparse.Namespace) -> list[argparse.Namespace]:
    """The options of each take that is to be written; InputError for what makes no sense, or files that can't
    be written or are read."""
    if not 1 <= options.takes <= MAX_BATCH:
        raise InputError(f"--takes {options.takes}: give 1 to {MAX_BATCH} takes.")
    if options.takes == 1:
        return [options]
    if options.best_of > 1:
        raise InputError(
            f"--takes {options.takes} and --best-of {options.best_of}: give one of them; --best-of "
            f"{options.best_of} --keep-takes also writes every take."
        )
    takes = [_take(options, options.seed + k) for k in range(options.takes)]
    for take in takes:
        checked_output(take.output)
        if options.video is not None and _same(options.video, take.output):
            raise InputError(
                f"'{take.output}' would be written over and is the video; give another --output."
            )
    return takes


def _take(options: argparse.Namespace, seed: int) -> argparse.Namespace:
    take = copy(options)
    take.seed, take.output = seed, take_path(options.output, seed, options.output.suffix)
    return take


def _same(one: Path, other: Path) -> bool:
    return os.path.exists(other) and os.path.samefile(one, other)


def check_count(options: argparse.Namespace) -> None:
    """InputError for what makes no sense, whatever the film."""
    if not 1 <= options.best_of <= MAX_BATCH:
        raise InputError(f"--best-of {options.best_of}: give 1 to {MAX_BATCH} takes.")
    if options.best_of == 1 and options.keep_takes:
        raise InputError("--keep-takes: no takes are ranked; say --best-of 4 too, or leave it out.")


def check_takes(options: argparse.Namespace, seconds: Seconds) -> None:
    """InputError for what can't be ranked, or could not be written; `seconds` of the sound."""
    check_count(options)
    if options.best_of == 1:
        return
    if options.video is None:
        raise InputError(
            f"--best-of {options.best_of}: takes are ranked by what moves in a video, and none is given; "
            "leave it out, or give a video."
        )
    if seconds > MAX_HELD_SECONDS:
        raise InputError(
            f"--best-of {options.best_of}: {float(seconds):.0f} s; takes of at most {MAX_HELD_SECONDS} s are "
            "ranked; give --start and --seconds, or leave it out."
        )
    if options.keep_takes:
        for k in range(options.best_of):
            checked_output(take_path(options.output, options.seed + k))


def take_path(output: Path, seed: int, suffix: str = ".wav") -> Path:
    return output.with_name(f"{output.stem}.seed{seed}{suffix}")


def seen(options: argparse.Namespace, pipeline: FoleyPipeline, progress: Progress) -> VideoFeatures | None:
    """The features that all takes are made from; None without a video."""
    if options.video is None:
        return None
    return pipeline.encode_video(
        options.video,
        start=options.start,
        seconds=options.seconds,
        progress=progress,
        movement=True if options.stereo == "follow" else None,  # None: where the model needs it
        mask=chosen_mask(options),
    )


def best_take(
    options: argparse.Namespace,
    pipeline: FoleyPipeline,
    make: Callable[..., Sound],
    progress: Progress,
) -> Sound:
    """Makes the takes, prints them best first, and gives the first; `make` is generate with all but the
    video's features, seed and batch."""
    from ..preview.watching import film_movement
    from ..ranking import best_of

    features = seen(options, pipeline, progress)
    moved = film_movement(options.video, options.start, features.seconds, progress, chosen_mask(options))

    def some(seed: int, batch: int) -> Sound:
        return make(features=features, seed=seed, batch=batch)

    keep = partial(_keep if options.keep_takes else _forget, options)
    sound, takes = best_of(options.best_of, options.seed, features.seconds, some, moved, keep)
    _print(takes, len(moved.impacts))
    return sound


def _print(takes: list[Take], movements: int) -> None:
    say(f"{len(takes)} takes, best first; {movements} sudden movements are seen")
    say("      seed  agreement  onsets")
    for take in takes:
        say(f"{take.seed:10d}  {take.agreement:9.3f}  {len(take.onsets):6d}")


def _keep(options: argparse.Namespace, take: Take, sound: Sound) -> None:
    from ..media import save_audio

    path, label = take_path(options.output, take.seed), label_of(options, sound, in_part=False)
    save_audio(path, marked(options, sound), sound.sampling_rate, label=label)


def _forget(options: argparse.Namespace, take: Take, sound: Sound) -> None:
    """Takes that nobody keeps."""
