"""Options of `kling-foley generate` for effects and music apart, and for close, dry effects."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress
from ..timing import Seconds

if TYPE_CHECKING:
    from ..generation.pipeline import FoleyPipeline
    from ..generation.sound import Sound
    from ..stems import StemPrompts

MUSIC_SEED = 10_000  # from the effects' seed: no take of them has the music's noise


def stem_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("effects and music apart")
    group.add_argument(
        "--music-prompt",
        default="",
        metavar="TEXT",
        help="background music to be made beside the effects, with a stem of its own; not by small",
    )
    group.add_argument(
        "--music-level",
        type=float,
        default=-12.0,
        metavar="DB",
        help="loudness of the music from that of the effects; default: -12",
    )
    group.add_argument(
        "--music-seed", type=int, metavar="N", help=f"of the music; default: --seed plus {MUSIC_SEED}"
    )
    group.add_argument("--asmr", action="store_true", help="close, detailed, dry effects")


def prompts_of(options: argparse.Namespace) -> StemPrompts:
    """What effects and music are told."""
    from ..stems import stem_prompts

    return stem_prompts(options.prompt, options.negative_prompt, options.music_prompt, asmr=options.asmr)


def check_music(options: argparse.Namespace) -> None:
    """InputError where the model makes no music; reads headers, no weights."""
    from ..presets import SMALL
    from ..stems import check_makes_music
    from ..systems.assembly import found_system
    from ..weights import BUILT_IN

    if not options.music_prompt.strip():
        return
    model = BUILT_IN if options.model == SMALL.name else Path(options.model)
    check_makes_music(found_system(model).parts["generator"].config, "--music-prompt")


def check_stems(options: argparse.Namespace, seconds: Seconds) -> None:
    """InputError for what leaves no effects to put music beside, and for times of the music that can't be
    read or lie outside of its `seconds`."""
    from ..prompts import parse, spread

    spread(parse(options.music_prompt, "--music-prompt"), seconds, "--music-prompt")
    if options.video is None and options.music_prompt.strip() and not options.prompt.strip():
        raise InputError(
            "--music-prompt: without a video and without --prompt there are no effects to put it under; for "
            "music alone give its words as --prompt."
        )


def music_beside(
    options: argparse.Namespace, pipeline: FoleyPipeline, effects: Sound, progress: Progress
) -> Sound | None:
    """None where no music is asked for."""
    from ..stems import make_music

    prompts = prompts_of(options)
    if not prompts.music:
        return None
    seed = options.seed + MUSIC_SEED if options.music_seed is None else options.music_seed
    return make_music(
        pipeline,
        prompts,
        effects,
        solver=options.solver,
        steps=options.steps,
        guidance=options.guidance,
        seed=seed,
        stereo="mono" if options.stereo == "mono" else "auto",  # what moves places the effects, not music
        progress=progress,
    )
