"""MMAudio's own code and ours side by side, with the same seeded random weights of the real sizes.

    git clone https://github.com/hkchengrex/MMAudio ../MMAudio
    pip install open_clip_torch torchdiffeq colorlog librosa omegaconf timm torchvision requests
    python benchmarks/compare_reference.py --reference ../MMAudio
    python benchmarks/compare_reference.py --reference ../MMAudio --stages clip --frames 4 --runs 3

Nothing is downloaded. The weight files (10 GB for large_44k_v2) are made once, in the layouts of the public
ones, in --weights; each stage makes and reads only its own. A stage runs the reference and ours in turn,
--runs times each after one that warms up, and prints the medians of seconds by the clock and of processor
seconds; TFLOP/s of the work of the reference's networks, and ours as a share of what a matrix product of this
machine reaches in the same run; how far the outputs lie apart: largest, mean, and root mean square as a share
of the output's own. Where the machine multiplies bfloat16 faster than float32, ours is measured in both; the
reference in float32.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
from compare import ours, reference, table
from compare.inputs import Sizes
from compare.machine import described, matrix_peak, multiplies_bfloat16
from compare.measure import Difference, alternating
from compare.weights import PART, Files
from compare.work import operations

from kling_foley_core.errors import InputError

STAGES = ("clip", "sync", "step", "vae", "vocoder")
MODELS = ("small_44k", "medium_44k", "large_44k", "large_44k_v2")


def measured(stage: str, files: Files, sizes: Sizes, runs: int, peaks: dict[str, float]) -> list[table.Row]:
    """One row for each number type of ours."""
    part, given = PART.get(stage, stage), sizes.inputs(stage)
    files.write([part], lambda name: reference.made(name, files.model))
    types = [name for name in peaks if name == "float32" or part not in ours.CODEC]
    calls = {"reference": reference.stage(stage, files, given)}
    calls |= {name: ours.stage(stage, files, given, getattr(torch, name)) for name in types}
    results, flop = alternating(calls, runs), operations(stage, files, given)
    peaks |= {name: max(peak, matrix_peak(getattr(torch, name))) for name, peak in peaks.items()}
    theirs = results["reference"]
    return [
        table.Row(
            sizes.described(stage),
            name,
            theirs,
            results[name],
            flop,
            peaks[name],
            Difference.between(theirs.output, results[name].output),
        )
        for name in types
    ]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reference", type=Path, required=True, metavar="DIR", help="a checkout of MMAudio")
    parser.add_argument("--stages", default=",".join(STAGES), help=f"of {', '.join(STAGES)}")
    parser.add_argument("--model", default="large_44k_v2", choices=MODELS)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--frames", type=int, help="of CLIP; default: 8 a second")
    parser.add_argument("--segments", type=int, help="of Synchformer; default: 24 for 8 s")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--weights", type=Path, default=Path(tempfile.gettempdir()) / "reference_weights")
    parser.add_argument("--json", type=Path, metavar="OUT", help="every run, for other programs")
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
    peaks = {"float32": matrix_peak(torch.float32)}
    print(f"{described()}\nmatrix peak: {peaks['float32'] / 1e12:.3f} TFLOP/s in float32", end="")
    if multiplies_bfloat16():
        peaks["bfloat16"] = matrix_peak(torch.bfloat16)
        print(f", {peaks['bfloat16'] / 1e12:.3f} in bfloat16\n")
    else:
        print("; bfloat16 is emulated on this processor, so ours is measured in float32 alone\n")
    sizes = Sizes(chosen.seconds, chosen.frames, chosen.segments, 25)
    files, rows = Files(chosen.weights, chosen.model), []
    print(table.head(), flush=True)
    for stage in stages:
        found = measured(stage, files, sizes, chosen.runs, peaks)
        rows += found
        for row in found:
            print(table.line(row.cells()), flush=True)
    if chosen.json:
        record = {"machine": described(), "peaks": peaks, "rows": [row.as_dict() for row in rows]}
        chosen.json.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
