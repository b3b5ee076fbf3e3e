"""`kling-foley world`: clips of the generated world, as films with their truth or as training samples."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .bars import Bars
from .extract import add_encoding_options, extracted, show
from .say import say

if TYPE_CHECKING:
    from ..data.world import WorldPlan


def add_command(commands: argparse._SubParsersAction) -> None:
    world = commands.add_parser("world", help="clips of the generated world, with their sound and truth")
    world.add_argument("--seed", type=int, default=0)
    world.add_argument("--clips", type=int, default=8)
    world.add_argument(
        "--out", type=Path, help="folder of films: each with truth, caption and picture; and a manifest"
    )
    world.add_argument(
        "--shards", type=Path, help="folder of training samples, as `data extract` makes them of films"
    )
    world.add_argument("--held-out", type=int, help="clips that are not trained on; default: 40, or a tenth")
    world.add_argument("--seconds", type=float, nargs="+", help="lengths to draw from; default: 4 6 8 10")
    world.add_argument("--families", nargs="+", default=[], help="scenes of these alone, in turn")
    add_encoding_options(world)
    world.set_defaults(run=_world)


def _world(options: argparse.Namespace) -> None:
    if options.out is None and options.shards is None:
        raise InputError("world: say where to: --out for films, --shards for training samples.")
    plan = _plan(options)
    if options.out is not None:
        from ..data.world_films import write_films

        with Bars() as progress:
            films = write_films(plan, options.out, progress)
        for film in films:
            say(f"{film}: {film.with_suffix('.txt').read_text(encoding='utf-8').strip()}")
    if options.shards is not None:
        from ..data.world import WorldSource

        show(options.shards, extracted(options, lambda form, _: WorldSource(plan, form), options.shards))


def _plan(options: argparse.Namespace) -> WorldPlan:
    from ..data.world import LENGTHS, WorldPlan

    held_out = min(40, options.clips // 10) if options.held_out is None else options.held_out
    seconds = tuple(options.seconds or LENGTHS)
    return WorldPlan(options.clips, options.seed, held_out, seconds, tuple(options.families))
