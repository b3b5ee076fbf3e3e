"""`kling-foley data check | extract`: what of a data set would be used for training, and why the rest would
not; training samples of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import recordings
from .bars import Bars
from .curation import add_manifest_options, curated
from .extract import add_extract, run_extract
from .say import remark, say


def add_command(commands: argparse._SubParsersAction) -> None:
    """Adds `data` to the command line."""
    data = commands.add_parser("data", help="clips for training: checks and extracts a manifest or a folder")
    actions = data.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="says what would be used, and why the rest would not")
    add_manifest_options(check)
    check.add_argument(
        "--out", type=Path, help="folder for check.csv, a row a clip, and a page with pictures and players"
    )
    check.set_defaults(run=_check)
    extract = actions.add_parser(
        "extract", help="clips, or shards of raw samples, to shards of training samples"
    )
    add_manifest_options(extract)
    add_extract(extract)
    extract.set_defaults(run=run_extract)
    recordings.add_action(actions)


def _check(options: argparse.Namespace) -> None:
    from ..data.curation.report import write_page
    from ..data.curation.summary import as_text, summary
    from ..files.whole_file import made_folder

    folder = options.out and made_folder(options.out, "--out")
    with Bars() as progress:
        curation = curated(options, progress)
        if folder:
            page = write_page(folder, curation, progress=progress)
    for note in curation.notes:
        remark(note)
    for line in as_text(summary(curation)):
        say(line)
    if folder:
        say(f"page: {page}")
    curation.check_usable()
