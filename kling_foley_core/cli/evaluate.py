"""`kling-foley evaluate world | codec | clips | report`: tables, numbers as JSON, pictures and pages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files.whole_file import checked_output, made_folder, whole_file
from .bars import Bars
from .devices import device_option
from .evaluate_clips import add_clips
from .evaluate_report import add_report
from .say import say

if TYPE_CHECKING:
    from torch import Tensor

    from ..foley_world import Scene

CACHE = Path("out/cache")
PICTURES = 6


def add_command(commands: argparse._SubParsersAction) -> None:
    """Adds `evaluate` to the command line."""
    kinds = commands.add_parser("evaluate", help="measures a model").add_subparsers(
        required=True, metavar="WHAT"
    )
    world = kinds.add_parser("world", help="sound against the truth of held-out Foley Worlds")
    _shared(world)
    world.add_argument("--clips", type=int, default=128)
    world.add_argument("--seed", type=int, default=0, help="0 or more: each names other held-out worlds")
    world.add_argument("--steps", type=int, default=20)
    world.add_argument("--guidance", type=float, help="default: what suits the model")
    world.add_argument("--pictures", type=Path, help=f"a folder for pictures of the first {PICTURES} clips")
    world.set_defaults(run=run_world)
    codec = kinds.add_parser("codec", help="decoded against original recordings, class by class")
    codec.add_argument(
        "--model",
        nargs="+",
        default=["small"],
        help="small (built in), or folders or files of codecs, side by side in one table",
    )
    codec.add_argument("--json", type=Path, required=True, help="where the numbers go")
    device_option(codec)
    sounds = codec.add_mutually_exclusive_group(required=True)
    sounds.add_argument(
        "--sounds", type=Path, help="a folder of sounds; the folders in it are their classes (speech, music)"
    )
    sounds.add_argument(
        "--data",
        nargs="+",
        type=Path,
        help="folders of shards, or a manifest or a folder of sounds: what is held out of it",
    )
    codec.add_argument("--clips", type=int, default=24, help="of each class, at most")
    codec.set_defaults(run=run_codec)
    add_clips(kinds)
    add_report(kinds)


def _shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="small", help="small (built in), or a folder or file of weights")
    parser.add_argument("--json", type=Path, required=True, help="where the numbers go")
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help="keeps the classifiers that judge, if those built in had to be trained anew",
    )
    device_option(parser)


def run_world(options: argparse.Namespace) -> None:
    from ..evaluation.report.table import by_families, condition_lines, heading
    from ..evaluation.runners.world import evaluate, ignore
    from ..foley_world import scene_number
    from ..generation.pipeline import FoleyPipeline
    from ..generation.settings import check_settings

    _check(options, fewest=2)  # the controls need another clip's video
    made_folder(options.cache, "--cache")
    check_settings(options.steps, options.guidance, 1, None, has_video=True)
    scene_number(options.seed, options.clips - 1)
    if options.pictures is not None:
        made_folder(options.pictures, "--pictures")
    pipeline = FoleyPipeline.from_pretrained(options.model, device=options.device)
    rate = pipeline.parts.unloaded.codec.sampling_rate
    keep = ignore if options.pictures is None else _Pictures(options.pictures, rate)
    bars = Bars()
    tell = bars.above(say)
    with bars as progress:
        tell(heading())
        result = evaluate(
            pipeline,
            options.clips,
            options.seed,
            progress,
            steps=options.steps,
            guidance=options.guidance,
            cache=options.cache,
            keep=keep,
            measured=lambda name, found: tell(condition_lines(name, found)),
        )
    say(f"\n{by_families(result['families'])}")
    _write({"model": str(options.model), **result}, options.json)


def run_codec(options: argparse.Namespace) -> None:
    from functools import partial

    from ..evaluation.report.codec_table import codec_table
    from ..evaluation.runners.codec import evaluate_codecs
    from ..evaluation.runners.codec_models import codec_system, open_codec
    from ..evaluation.runners.codec_sounds import folder_sounds, held_out_sounds
    from ..networks.device import checked_device

    _check(options, fewest=1)
    device = checked_device(options.device)
    for model in options.model:
        codec_system(model)
    models = {model: partial(open_codec, model, device) for model in options.model}
    sounds = held_out_sounds(options.data) if options.data else folder_sounds(options.sounds)
    with Bars() as progress:
        result = evaluate_codecs(models, sounds, device, progress, most=options.clips)
    say(codec_table(result))
    if not any(result["clips"].values()):
        raise InputError("No sound could be measured, so --json isn't written; the reasons stand above.")
    _write(result, options.json)


class _Pictures:
    """Draws the model's sound of the first clips."""

    def __init__(self, folder: Path, rate: int) -> None:
        self.folder, self.left, self.rate = folder, PICTURES, rate

    def __call__(self, name: str, scene: Scene, sound: Tensor) -> None:
        from ..evaluation.report.pictures import clip_picture
        from ..evaluation.runners.conditions import MODEL

        if name == MODEL and self.left > 0:
            self.left -= 1
            drawn = clip_picture(scene, sound, self.rate)
            with whole_file(self.folder / f"{scene.seed:07d}_{scene.family}.jpg") as draft:
                drawn.save(draft, quality=88)


def _check(options: argparse.Namespace, fewest: int) -> None:
    """Before the work what would fail after it."""
    checked_output(options.json)
    if options.clips < fewest:
        raise InputError(f"--clips {options.clips}: give {fewest} or more.")


def _write(result: dict[str, Any], path: Path) -> None:
    with whole_file(path) as draft:
        draft.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
