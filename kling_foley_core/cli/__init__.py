"""`kling-foley demo | generate | inspect | world | train | bundle | evaluate`: the library from a terminal.

Progress goes to standard error, one bar per stage; what was made goes to standard output, one line each. Bad
input ends with one line that names it, exit code 2.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from ..errors import InputError
from . import bundle, demo, evaluate, generate, inspect, train, world


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except InputError as error:
        print(f"kling-foley: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("kling-foley: cancelled", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kling-foley", description="Video and text to synchronised stereo sound."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (generate, demo, train, bundle, evaluate, inspect, world):
        command.add_command(commands)
    return parser
