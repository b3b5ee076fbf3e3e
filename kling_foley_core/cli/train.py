"""`kling-foley train PART --recipe R --out DIR`: finds the part's module and hands it what it was given."""

from __future__ import annotations

import argparse
import hashlib
import importlib
from pathlib import Path

from ..errors import InputError
from ..training.setting import PARTS, STARTABLE, Setting
from .bars import Bars


def add_command(commands: argparse._SubParsersAction) -> None:
    """Adds `train` to the command line."""
    parser = commands.add_parser("train", help="trains one part; writes its weights into a folder")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument(
        "--recipe", default="small", help="a recipe that comes along, or a TOML file of yours"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the run's folder: weights (of encoders: sync, visual, text), log, recipe, state",
    )
    parser.add_argument("--resume", action="store_true", help="goes on with the run in --out")
    parser.add_argument(
        "--with",
        dest="files",
        nargs="+",
        type=Path,
        default=[],
        help="weight files this part builds on; 'small' is the built-in model",
    )
    parser.add_argument(
        "--start",
        nargs="+",
        type=Path,
        default=[],
        help="weight files to begin with instead of random ones (fine-tuning); 'small' is the built-in model",
    )
    parser.add_argument(
        "--cache", type=Path, default=Path("out/cache"), help="generated sounds, features, latents"
    )
    parser.add_argument("--device", help="cpu, cuda, mps; default: the best there is")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from ..pipeline import checked_device
    from ..training.loop.train import check_folder, train
    from ..training.recipe import recipe_file, recipe_text

    if options.start and options.part not in STARTABLE:
        raise InputError(
            f"--start: {options.part} begins from nothing; leave it out ({', '.join(STARTABLE)} take it)."
        )
    recipe = recipe_file(options.recipe, options.part)
    text = recipe_text(recipe)
    check_folder(options.out, text, options.resume)  # before the data, which may take minutes to make
    given, start = _given(options.files), _given(options.start)
    with Bars() as progress:
        setting = Setting(options.cache, checked_device(options.device), given, start, progress)
        module = importlib.import_module(f"..training.parts.{options.part}", __package__)
        trainer, run = module.build(recipe, setting)
        marks = {kind: _mark(file) for kind, file in given.items()}
        train(
            options.part,
            trainer,
            run,
            options.out,
            text,
            resume=options.resume,
            given=marks,
            progress=progress,
        )


def _mark(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _given(files: list[Path]) -> dict[str, Path]:
    """Kind -> file, by the tensors."""
    from ..checkpoints import recognise
    from ..weights import BUILT_IN

    given: dict[str, Path] = {}
    for file in (BUILT_IN if str(name) == BUILT_IN.stem else name for name in files):
        report = recognise(file)
        for kind in report.config if isinstance(report.config, dict) else (report.kind,):
            given[kind] = file
    return given
