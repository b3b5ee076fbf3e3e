"""`kling-foley world`: clips of the generated world, with their sound and truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from .bars import Bars
from .say import say


def add_command(commands: argparse._SubParsersAction) -> None:
    world = commands.add_parser("world", help="clips of the generated world, with their sound and truth")
    world.add_argument("--seed", type=int, default=0)
    world.add_argument("--clips", type=int, default=8)
    world.add_argument(
        "--out", type=Path, required=True, help="folder: a film, truth, caption and picture each"
    )
    world.set_defaults(run=_world)


def _world(options: argparse.Namespace) -> None:
    from ..foley_world import write_world

    with Bars() as progress:
        films = write_world(options.seed, options.clips, options.out, progress)
    for film in films:
        say(f"{film}: {film.with_suffix('.txt').read_text().strip()}")
