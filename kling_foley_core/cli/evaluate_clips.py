"""`kling-foley evaluate clips`: the sounds of any system on the films of a list."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files.whole_file import checked_output, made_folder
from .bars import Bars
from .devices import device_option, devices_of
from .say import remark, say
from .tables import pairs, table_options

if TYPE_CHECKING:
    from ..evaluation.clips.manifest import Manifest
    from ..evaluation.clips.run import Plan

RESULT = "result.json"
WRITTEN = (RESULT, "report.html", "clips.csv")
SHORTEST = 0.1  # seconds
SHOWN = 3  # rejected rows that are named


def add_clips(kinds: argparse._SubParsersAction) -> None:
    clips = kinds.add_parser("clips", help="sounds of any system on the films of a list")
    clips.add_argument(
        "--manifest",
        type=Path,
        required=True,
        metavar="LIST|FOLDER",
        help="CSV or JSON lines (id, film, sound, reference, caption, scenario, labels, start, seconds), the "
        "list of a benchmark, or a folder of films",
    )
    clips.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for result.json and the report; the same "
        "command goes on with it"
    )  # fmt: skip
    sounds = clips.add_mutually_exclusive_group()
    sounds.add_argument("--pred", type=Path, metavar="DIR", help="the sounds, or films with them, by id")
    sounds.add_argument("--model", help="makes the sounds: small (built in), or a folder or file of weights")
    clips.add_argument(
        "--reference", type=Path, metavar="DIR", help="true sounds by id; default: the films' own"
    )
    clips.add_argument(
        "--metrics",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="measures or groups of them: paper, yamnet, speech, signal, sets; default: all",
    )
    clips.add_argument(
        "--networks", type=Path, nargs="+", default=[], metavar="DIR", help="folders of feature networks"
    )
    table_options(clips)
    clips.add_argument("--seconds", type=float, default=8.0, help="of each clip that are judged; default: 8")
    clips.add_argument(
        "--features",
        type=Path,
        metavar="DIR",
        help="keeps what networks make of the clips, for other runs and machines too; default: features in "
        "the output folder",
    )
    clips.add_argument("--workers", type=int, default=1, help="processes that share the work")
    clips.add_argument(
        "--part", metavar="K/N", help="only every Nth clip from the Kth, for one of N machines"
    )
    device_option(clips)
    clips.set_defaults(run=run_clips)


def run_clips(options: argparse.Namespace) -> int:
    plan = _plan(options)
    found = plan.pairs()
    for note in plan.manifest.notes:
        remark(note)
    _remark_on_rejected(plan.manifest)
    plan = replace(plan, devices=tuple(devices_of(options.device, options.workers)))
    bars = Bars()
    with bars as progress:
        result = plan.run(found, progress, bars.above(remark))
    if result is None:
        say(f"part {options.part} is measured; the same command without --part gives the figures")
        return 0
    _write(result, options.output)
    return _say(result, options.output)


def _plan(options: argparse.Namespace) -> Plan:
    """Refuses what is wrong with the whole: torch is not even imported."""
    from ..evaluation.clips.manifest import read_clips
    from ..evaluation.clips.part import MOST_WORKERS, part_of
    from ..evaluation.clips.run import Plan
    from ..evaluation.measures.table import MEASURES, chosen

    asked = tuple(MEASURES[name] for name in chosen(options.metrics))
    part = None if options.part is None else part_of(options.part)
    if not 1 <= options.workers <= MOST_WORKERS:
        raise InputError(f"--workers {options.workers}: give 1 to {MOST_WORKERS}.")
    if not (math.isfinite(options.seconds) and options.seconds >= SHORTEST):
        raise InputError(f"--seconds {options.seconds:g}: give {SHORTEST:g} or more.")
    for folder in options.networks:
        if not folder.is_dir():
            raise InputError(f"--networks {folder} is no folder; give the one with the feature networks.")
    manifest = read_clips(options.manifest, pairs("--columns", options.columns), options.root)
    _check_apart(options, manifest)
    made_folder(options.output, "--output")
    for name in WRITTEN:
        checked_output(options.output / name)
    return Plan(
        manifest=manifest,
        asked=asked,
        pred=options.pred,
        model=options.model,
        reference=options.reference,
        networks=tuple(options.networks),
        output=options.output,
        features=made_folder(options.features or options.output / "features", "--features"),
        seconds=options.seconds,
        part=part,
        about=_about(options),
    )


def _check_apart(options: argparse.Namespace, manifest: Manifest) -> None:
    """Sounds that are made lie in no folder that is looked through for films and true sounds: the next run
    would find them there."""
    if options.model is None:
        return
    searched = {"--reference": options.reference}
    if manifest.path.is_dir():
        searched["--manifest"] = manifest.path
    elif manifest.benchmark:
        searched["--root"] = options.root or manifest.path.parent
    for option, folder in searched.items():
        if folder is not None and options.output.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"--output {options.output} lies in {option} {folder}, where the sounds that --model makes "
                "would be taken for true ones; choose a folder outside of it."
            )


def _about(options: argparse.Namespace) -> dict[str, Any]:
    """What of the options acts on the figures; how the work is shared doesn't."""
    named = options.model or (options.pred and options.pred.name) or options.manifest.stem
    given = {name: getattr(options, name) for name in ("model", "pred", "reference", "root")}
    settings = {name: str(value) for name, value in given.items() if value is not None}
    settings |= {"metrics": list(options.metrics)} | ({"columns": options.columns} if options.columns else {})
    return {
        "name": Path(named).name or str(named),
        "settings": settings,
        "manifest": str(options.manifest),
        "seconds": options.seconds,
    }


def _remark_on_rejected(manifest: Manifest) -> None:
    for row in manifest.rejected[:SHOWN]:
        remark(row.why)
    if len(manifest.rejected) > SHOWN:
        remark(f"{len(manifest.rejected)} rows in all can't be judged; the report lists them")


def _write(result: dict[str, Any], output: Path) -> None:
    from ..evaluation.clips.result import write_result
    from ..evaluation.report.clips import write_report

    write_result(result, output / RESULT)
    with Bars() as progress:
        write_report(result, output, progress)


def _say(result: dict[str, Any], output: Path) -> int:
    from ..evaluation.clips.printed import table

    say(table(result))
    states = [clip["state"] for clip in result["clips"]]
    told = ", ".join(f"{states.count(state)} {state}" for state in ("judged", "partly", "not judged"))
    say(f"{output / 'report.html'}: {told}")
    return 1 if "not judged" in states else 0
