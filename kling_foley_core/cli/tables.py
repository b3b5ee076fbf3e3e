"""Options that say how a table of clips is read."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError


def table_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--columns",
        nargs="+",
        default=[],
        metavar="OURS=THEIRS",
        help="columns with other names: video=path caption=text",
    )
    parser.add_argument("--root", type=Path, help="where paths begin; default: the manifest's folder")


def pairs(option: str, given: list[str]) -> dict[str, str]:
    """["a=b"] -> {"a": "b"}."""
    for pair in given:
        if "=" not in pair:
            raise InputError(f"{option} {pair}: write NAME=VALUE.")
    return dict(pair.split("=", 1) for pair in given)
