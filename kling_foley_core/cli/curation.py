"""The options that say which clips are used and how they are cut: of `kling-foley data check` and `data
extract`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import Progress
from .tables import pairs, table_options

if TYPE_CHECKING:
    from ..data.curation import Curation
    from ..data.curation.clap import Clap


def add_manifest_options(parser: argparse.ArgumentParser) -> None:
    """What `check` and `extract` have in common; `curated` takes it."""
    parser.add_argument("manifest", type=Path, help="CSV, JSON lines, a public list, or a folder of clips")
    table_options(parser)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of the training windows")
    parser.add_argument("--least", type=float, help="of a clip's last window; default: --seconds")
    parser.add_argument(
        "--augment",
        type=float,
        default=0.0,
        help="windows of single events joined in time, as a share of the training windows",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is joined")
    parser.add_argument(
        "--limit",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="thresholds: silence_ratio=0.2 snr_db=10",
    )
    parser.add_argument(
        "--clap", type=Path, help="folder of a CLAP model, which measures whether sound and caption agree"
    )
    parser.add_argument("--cache", type=Path, default=Path("out/cache"), help="keeps what was measured")


def curated(options: argparse.Namespace, progress: Progress) -> Curation:
    """The curation that `add_manifest_options` asks for; it may have no windows at all."""
    from ..data.curation import Cutting, curate
    from ..data.curation.limits import checked_limits
    from ..data.manifest import read_manifest

    least = options.seconds if options.least is None else options.least
    cutting = Cutting(options.seconds, least, options.augment, options.seed)
    limits = checked_limits(pairs("--limit", options.limit))
    manifest = read_manifest(options.manifest, pairs("--columns", options.columns), options.root)
    return curate(manifest, limits, cutting, options.cache, progress, _clap(options.clap))


def _clap(folder: Path | None) -> Clap | None:
    if folder is None:
        return None
    from ..data.curation.clap import Clap

    return Clap(folder)
