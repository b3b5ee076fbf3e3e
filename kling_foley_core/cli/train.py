"""`kling-foley train PART --preset P --data SHARDS --out DIR`: finds the part's module and hands it what it
was given. `accelerate launch -m kling_foley_core.cli train ...` runs the same on several processes."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, silent
from ..training.setting import PARTS, Setting
from . import finetune
from .bars import Bars

if TYPE_CHECKING:
    from accelerate import Accelerator

    from ..training.recipe import Source


def add_command(commands: argparse._SubParsersAction) -> None:
    """Adds `train` to the command line."""
    parser = commands.add_parser("train", help="trains one part; writes its weights into a folder")
    parser.add_argument(
        "part", choices=(*PARTS, *finetune.PARTS), help="lora, finetune: a flow network, on clips of yours"
    )
    parser.add_argument(
        "--model",
        default="small",
        help="of lora and finetune: small (built in), or a folder or file of weights",
    )
    parser.add_argument(
        "--preset", default="small", help="the system whose shapes it has: small, kling_foley_1.5b, ..."
    )
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        default=[],
        help="folders of shards (`data extract`, `world --shards`); of lora and finetune also clips: a "
        "folder or a manifest",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the run's folder: weights (of encoders: sync, visual, text), log, recipe, state",
    )
    parser.add_argument(
        "--recipe", type=Path, help="a TOML file of yours; default: the part's own, made for small"
    )
    parser.add_argument(
        "--set",
        dest="changes",
        nargs="+",
        default=[],
        metavar="FIELD=VALUE",
        help="changes of the recipe, such as run.steps=100 run.parallel=fsdp crops.batch=4",
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
    parser.add_argument("--cpu", action="store_true", help="no GPU, even if there is one")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from ..presets import PRESETS
    from ..training.loop.processes import new_accelerator
    from ..training.loop.train import check_folder
    from ..training.recipe import recipe_source

    if options.part in finetune.PARTS:
        return finetune.run(options)
    if options.preset not in PRESETS:
        raise InputError(f"--preset {options.preset}: choose one of {', '.join(PRESETS)}.")
    recipe = recipe_source(options.recipe, options.part, options.changes)
    check_folder(options.out, recipe.text, options.resume)  # before the data, which may take minutes to read
    given, start = _given(options.files), _given(options.start)
    accelerator = new_accelerator(cpu=options.cpu, log_folder=options.out)
    with Bars() as bars:
        progress = bars if accelerator.is_main_process else silent
        _run(options, recipe, accelerator, given, start, progress)


def _run(
    options: argparse.Namespace,
    recipe: Source,
    accelerator: Accelerator,
    given: dict[str, Path],
    start: dict[str, Path],
    progress: Progress,
) -> None:
    from ..presets import PRESETS

    setting = Setting(
        preset=PRESETS[options.preset],
        data=tuple(options.data),
        out=options.out,
        accelerator=accelerator,
        given=given,
        start=start,
        progress=progress,
    )
    run_part(options.part, recipe, setting, options.resume)


def run_part(part: str, recipe: Source, setting: Setting, resume: bool) -> None:
    """Trains with a module of training/parts."""
    from ..training.loop.train import train

    module = importlib.import_module(f"..training.parts.{part}", __package__)
    trainer, run = module.build(recipe, setting)
    train(
        part,
        trainer,
        run,
        setting.out,
        recipe.text,
        setting.accelerator,
        resume=resume,
        needs=setting.needs(),
        progress=setting.progress,
    )


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
