"""`kling-foley evaluate report DIR [--against DIR2]`: the page of a finished evaluation, and of two."""

from __future__ import annotations

import argparse
from pathlib import Path

from .bars import Bars
from .say import say


def add_report(kinds: argparse._SubParsersAction) -> None:
    """Adds `report` to `evaluate`."""
    report = kinds.add_parser(
        "report", help="a page and a table of what `evaluate clips` found, and of two results what differs"
    )
    report.add_argument(
        "folder", type=Path, metavar="DIR", help="with result.json; clips.csv and report.html go there"
    )
    report.add_argument(
        "--against",
        type=Path,
        metavar="DIR2",
        help="another result over the same clips: compared.html and .csv",
    )
    report.set_defaults(run=run_report)


def run_report(options: argparse.Namespace) -> None:
    from ..evaluation.report.clips import write_comparison, write_report
    from ..evaluation.report.result import read_result

    this = read_result(options.folder)
    other = None if options.against is None else read_result(options.against)
    with Bars() as progress:
        write_report(this, options.folder, progress)
        if other is not None:
            write_comparison(this, other, (options.folder, options.against), progress)
    say(str(options.folder / "report.html"))
    if other is not None:
        say(str(options.folder / "compared.html"))
