"""`kling-foley bundle`: trained parts to one file, as a model is shipped."""

from __future__ import annotations

import argparse
from pathlib import Path

from .say import say


def add_command(commands: argparse._SubParsersAction) -> None:
    bundle = commands.add_parser("bundle", help="trained parts to one file, as a model is shipped")
    bundle.add_argument("files", nargs="+", type=Path, help="one of each part")
    bundle.add_argument("--output", type=Path, required=True, help="OUT.safetensors")
    bundle.set_defaults(run=_bundle)


def _bundle(options: argparse.Namespace) -> None:
    from ..training.bundle import write_bundle

    write_bundle(options.files, options.output)
    say(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")
