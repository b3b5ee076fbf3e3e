"""MMAudio's own code and ours side by side, with the same seeded random weights of the real sizes.

    git clone https://github.com/hkchengrex/MMAudio ../MMAudio
    pip install open_clip_torch torchdiffeq colorlog librosa omegaconf timm torchvision requests
    python benchmarks/compare_reference.py --reference ../MMAudio
    python benchmarks/compare_reference.py --reference ../MMAudio --stages clip,memory --frames 4

Nothing is downloaded. The weight files (10 GB for large_44k_v2) are made once, in the layouts of the public
ones, in --weights; each stage makes and reads only its own. A stage runs the reference and ours in turn,
--runs times each after one that warms up, and prints the medians of seconds by the clock and of processor
seconds; TFLOP/s of the work of the reference's networks, and ours as a share of what a matrix product of this
machine reaches in the same run; how far the outputs lie apart: largest, mean, and root mean square as a share
of the output's own. Where the machine multiplies bfloat16 faster than float32, ours is measured in both; the
reference in float32.

`sampling`: the reference's --steps Euler steps, ours with its default solver and steps, whose error is not
larger (docs/speed.md, "Fewer steps"). `generate`: from the film's file to the wave, each run in a process of
its own, with the seconds that loading takes and the most memory the process held, then the seconds of each
stage in it. `memory`: loading and memory for the other stages that are chosen, or for all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from alone import Alone, run_alone, told
from compare import ours, reference, table, whole
from compare.inputs import STEPS, Sizes
from compare.machine import described, matrix_peak
from compare.measure import Difference, alternating
from compare.weights import PART, PARTS, Files
from compare.work import operations
from film import film

from kling_foley_core.errors import InputError
from kling_foley_core.networks.number_type import bfloat16_is_faster

SINGLE = ("clip", "sync", "step", "sampling", "vae", "vocoder")
STAGES = (*SINGLE, "generate", "memory")
MODELS = ("small_44k", "medium_44k", "large_44k", "large_44k_v2")
Peaks = dict[str, float]  # number type -> FLOP/s


def stage_rows(stage: str, files: Files, sizes: Sizes, runs: int, peaks: Peaks) -> list[table.Row]:
    """One for each number type of ours."""
    given = sizes.inputs(stage)
    calls = {"reference": reference.stage(stage, files, given)}
    calls |= {name: ours.stage(stage, files, given, getattr(torch, name)) for name in types(stage, peaks)}
    results, flop = alternating(calls, runs), operations(stage, files, given)
    peaks |= {name: max(peak, matrix_peak(getattr(torch, name))) for name, peak in peaks.items()}
    theirs = results.pop("reference")
    return [
        table.Row(
            sizes.described(stage),
            name,
            theirs,
            result,
            flop,
            peaks[name],
            None if stage == "sampling" else Difference.between(theirs.output, result.output),
        )
        for name, result in results.items()
    ]


def types(stage: str, peaks: Peaks) -> list[str]:
    """The number types that ours is measured in; the codec runs in float32 always."""
    return ["float32"] if stage in ("vae", "vocoder") else list(peaks)


def process_rows(stage: str, sizes: Sizes, runs: int, peaks: Peaks) -> list[table.ProcessRow]:
    """The same of whole processes: this program again, for each side and run."""
    sides = ["reference", *types(stage, peaks)]
    found: dict[str, list[Alone]] = {side: [] for side in sides}
    for _ in range(runs):
        for side in sides:
            found[side].append(run_alone([*sys.argv, "--alone", f"{side}:{stage}"]))
    theirs = found.pop("reference")
    return [table.ProcessRow(sizes.described(stage), name, theirs, mine) for name, mine in found.items()]


def alone_line(chosen: argparse.Namespace, files: Files, sizes: Sizes) -> str:
    """What the process for one side and stage has to say."""
    side, stage = chosen.alone.split(":")
    dtype = None if side == "reference" else getattr(torch, side)
    if stage == "generate":
        video = chosen.video or film(made_film(chosen), chosen.seconds + 1)
        parts: dict[str, float] = {}
        if side == "reference":
            return told(lambda: whole.theirs(files, video, chosen.seconds, chosen.steps, parts), parts)
        return told(lambda: whole.ours(files, video, chosen.seconds, dtype, sizes.told_steps, parts), parts)
    given = sizes.inputs(stage)
    if side == "reference":
        return told(lambda: reference.stage(stage, files, given))
    return told(lambda: ours.stage(stage, files, given, dtype))


def made_film(chosen: argparse.Namespace) -> Path:
    return chosen.weights / f"film_{chosen.seconds:g}s.mp4"


def printed(rows: list[Any]) -> list[Any]:
    for row in rows:
        print(table.line(row.cells()), flush=True)
    return rows


def compared(chosen: argparse.Namespace, stages: list[str], files: Files, sizes: Sizes) -> dict[str, Any]:
    """Prints the tables; everything measured, for --json."""
    peaks: Peaks = {"float32": matrix_peak(torch.float32)}
    if bfloat16_is_faster():
        peaks["bfloat16"] = matrix_peak(torch.bfloat16)
    print(described())
    print("; ".join(f"matrix peak {peak / 1e12:.3f} TFLOP/s in {name}" for name, peak in peaks.items()))
    if "bfloat16" not in peaks:
        print("bfloat16 is emulated on this processor: ours is measured in float32 alone")
    single, rows, processes = [stage for stage in stages if stage in SINGLE], [], []
    if single:
        print(f"\n{table.head(table.Row.HEAD)}", flush=True)
    for stage in single:
        rows += printed(stage_rows(stage, files, sizes, chosen.runs, peaks))
    apart = [(stage, 1) for stage in single or SINGLE if "memory" in stages]
    apart += [("generate", chosen.runs)] if "generate" in stages else []
    if apart:
        if "generate" in stages:
            film(made_film(chosen), chosen.seconds + 1)
        print(f"\n{table.head(table.ProcessRow.HEAD)}", flush=True)
    for stage, runs in apart:
        processes += printed(process_rows(stage, sizes, runs, peaks))
    if "generate" in stages:
        print(f"\n{table.head(table.PartRow.HEAD)}", flush=True)
        printed([part for row in processes for part in row.part_rows()])
    return {
        "machine": described(),
        "peaks": peaks,
        "sizes": asdict(sizes),
        "stages": [row.as_dict() for row in rows],
        "processes": [asdict(row) for row in processes],
    }


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reference", type=Path, required=True, metavar="DIR", help="a checkout of MMAudio")
    parser.add_argument("--stages", default=",".join(STAGES), help=f"of {', '.join(STAGES)}")
    parser.add_argument("--model", default="large_44k_v2", choices=MODELS)
    parser.add_argument("--seconds", type=float, default=8.0, help="of the sound, and of the film")
    parser.add_argument("--frames", type=int, help="of CLIP; default: 8 a second")
    parser.add_argument("--segments", type=int, help="of Synchformer; default: as many as the seconds have")
    parser.add_argument("--steps", type=int, default=STEPS, help="of the reference")
    parser.add_argument("--our-steps", type=int, help="default: those of generate()")
    parser.add_argument("--video", type=Path, help="for generate; default: a film made here")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--weights", type=Path, default=Path(tempfile.gettempdir()) / "reference_weights")
    parser.add_argument("--json", type=Path, metavar="OUT", help="every run, for other programs")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    chosen = options()
    stages = chosen.stages.split(",")
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        sys.exit(f"--stages {chosen.stages}: there is no {unknown[0]}; choose of {', '.join(STAGES)}.")
    try:
        reference.use_checkout(chosen.reference)
    except InputError as error:
        sys.exit(str(error))
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    files = Files(chosen.weights, chosen.model)
    sizes = Sizes(chosen.seconds, chosen.frames, chosen.segments, chosen.steps, chosen.our_steps)
    if chosen.alone:
        print(alone_line(chosen, files, sizes))
        return
    all_parts = "generate" in stages or stages == ["memory"]
    parts = PARTS if all_parts else {PART.get(stage, stage) for stage in stages if stage in SINGLE}
    files.write(parts, lambda name: reference.made(name, files.model))
    record = compared(chosen, stages, files, sizes)
    if chosen.json:
        chosen.json.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
