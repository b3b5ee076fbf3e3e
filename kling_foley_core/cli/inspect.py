"""`kling-foley inspect`: says what a model file is."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .say import say


def add_command(commands: argparse._SubParsersAction) -> None:
    inspect = commands.add_parser("inspect", help="says what a model file is")
    inspect.add_argument("files", nargs="+", type=Path)
    inspect.set_defaults(run=_inspect)


def _inspect(options: argparse.Namespace) -> None:
    from ..checkpoints import describe

    wrong: list[str] = []
    for file in options.files:
        try:
            say(describe(file))
        except InputError as error:
            wrong += error.args
    if wrong:
        raise InputError(*wrong)
