"""`kling-foley inspect`: says what a model file is, and what marks a sound or film carries."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .say import say


def add_command(commands: argparse._SubParsersAction) -> None:
    inspect = commands.add_parser(
        "inspect", help="says what a model file is, or by what marks a sound or film is known as made"
    )
    inspect.add_argument("files", nargs="+", type=Path)
    inspect.set_defaults(run=_inspect)


def _inspect(options: argparse.Namespace) -> None:
    wrong: list[str] = []
    for file in options.files:
        try:
            say(_described(file))
        except InputError as error:
            wrong += error.args
    if wrong:
        raise InputError(*wrong)


def _described(file: Path) -> str:
    from ..checkpoints import describe
    from ..checkpoints.finding import is_weights_name
    from ..marks.inspection import describe_media

    media = None if is_weights_name(file.name) else describe_media(file)
    return describe(file) if media is None else media
