"""`kling-foley plan PRESET`: memory, GPU hours and disk that a training takes, before it is begun."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .bars import Bars
from .say import say

SAMPLES = 100_000_000  # paper section 5.1: over 100 million samples
SECONDS = 10.0  # of each (paper section 5.1)
UTILISATION = 0.35  # assumed: nothing of ours has been measured on a GPU


def add_command(commands: argparse._SubParsersAction) -> None:
    """Adds `plan` to the command line."""
    parser = commands.add_parser("plan", help="what training a generator takes: memory, GPU hours, disk")
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="small, kling_foley_1.5b, ...")
    parser.add_argument("--batch", type=int, default=8, help="clips on one GPU at once; default 8")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a clip; default: the paper's 10")
    parser.add_argument("--gpus", type=int, default=8, help="GPUs of all machines together; default 8")
    parser.add_argument("--parallel", default="fsdp", help="ddp, or fsdp (FSDP2, default)")
    parser.add_argument("--precision", default="bf16", help="bf16 (default): of the computation; or fp32")
    parser.add_argument("--gpu", default="h100", help="a100-40, a100-80, h100 (default), h200")
    parser.add_argument(
        "--utilisation",
        type=float,
        default=UTILISATION,
        help=f"share of the GPU's peak that is reached; default {UTILISATION}, an assumption",
    )
    parser.add_argument(
        "--samples", type=int, default=SAMPLES, help="clips of an epoch; default: the paper's 100 million"
    )
    parser.add_argument("--epochs", type=float, default=1.0, help="the paper does not say; default 1")
    parser.add_argument("--price", type=float, help="of one GPU hour, in any currency")
    parser.add_argument("--json", type=Path, help="writes all numbers into this file too")
    parser.set_defaults(run=_plan)


def _plan(options: argparse.Namespace) -> None:
    import json

    from ..files.whole_file import whole_file
    from ..presets import PRESETS
    from ..training.scale.plan import Request, plans
    from ..training.scale.table import tables

    names = (
        "batch",
        "seconds",
        "gpus",
        "parallel",
        "precision",
        "gpu",
        "utilisation",
        "samples",
        "epochs",
        "price",
    )
    request = Request(**{name: getattr(options, name) for name in names})
    for name in options.presets:
        if name not in PRESETS:
            raise InputError(f"preset {name}: there is none; choose from {', '.join(PRESETS)}.")
    made = []
    with Bars() as progress:
        for number, name in enumerate(options.presets, 1):
            made += plans(PRESETS[name], request)
            progress("planning", number, len(options.presets))
    if options.json is not None:
        with whole_file(options.json) as draft:
            draft.write_text(json.dumps([p.as_json() for p in made], indent=1) + "\n", encoding="utf-8")
    say(tables(made))
