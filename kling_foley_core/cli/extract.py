"""`kling-foley data extract`, and what it has in common with `kling-foley world --shards`: clips to shards of
training samples."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, silent
from .bars import Bars
from .curation import curated
from .devices import device_option
from .say import remark, say

if TYPE_CHECKING:
    from ..data.extraction import Extracted, RawFormat, Source

NONE = "none"
SHOWN = 20  # skipped samples that are named
# What is to be extracted, as the networks ask for it.
MakeSource = Callable[["RawFormat", Progress], "Source"]


def add_encoding_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        nargs="+",
        default=["small"],
        help="whose encoders and codec: small (built in), a folder, or files and folders with the parts; "
        "none: frames and sound as they are, to train encoders and codec on",
    )
    parser.add_argument(
        "--keep",
        nargs="+",
        default=[],
        metavar="ARRAY",
        help="what to keep beside the features: sound (for the stereo trainer), seen, visual_frames, "
        "sync_frames",
    )
    parser.add_argument("--shard-size", type=int, default=64, help="samples in a shard")
    parser.add_argument(
        "--worker", metavar="K/N", help="this process's share, 0/4 to 3/4; default: as the launcher says"
    )
    device_option(parser)


def add_extract(parser: argparse.ArgumentParser) -> None:
    """What `data extract` takes beside a manifest's options."""
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of shards; the same command goes on with it"
    )
    add_encoding_options(parser)


def run_extract(options: argparse.Namespace) -> None:
    show(
        options.out, extracted(options, lambda form, progress: _source(options, form, progress), options.out)
    )


def extracted(options: argparse.Namespace, source: MakeSource, folder: Path) -> Extracted:
    """Runs the extraction that the options ask for."""
    import torch

    from ..data.extraction import Encoding, extract, frozen_networks, this_worker
    from ..data.extraction.worker import local_device
    from ..networks.device import checked_device

    worker = this_worker(options.worker)
    device = checked_device(options.device or local_device())
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    with Bars() if worker.number == 0 else nullcontext(silent) as progress:
        networks = (
            None
            if options.model == [NONE]
            else frozen_networks([Path(name) for name in options.model], device, dtype, progress)
        )
        encoding = Encoding(networks, options.keep)
        samples = source(encoding.raw_format, progress)
        return extract(samples, encoding, folder, options.shard_size, worker, progress)


def show(folder: Path, made: Extracted) -> None:
    """What was made and skipped, and how long each stage took."""
    for line in made.stages.table() if made.stages.seconds else ():
        say(line)
    for skipped in made.skipped[:SHOWN]:
        remark(f"skipped {skipped['id']}: {skipped['why']}")
    if len(made.skipped) > SHOWN:
        remark(f"skipped {len(made.skipped) - SHOWN} more; the shards' indexes name them all")
    say(f"{folder}: {made.samples} samples, {len(made.skipped)} skipped, {made.shards - made.missing} shards")
    if made.missing:
        remark(f"{made.missing} of {made.shards} shards are not there yet: other processes are at them.")


def _source(options: argparse.Namespace, form: RawFormat, progress: Progress) -> Source:
    from ..data.curation.summary import as_text, summary
    from ..data.extraction import ShardSource, WindowSource
    from ..data.shards.header import NAME

    if (options.manifest / NAME).is_file():
        if options.manifest.resolve() == options.out.resolve():
            raise InputError(f"--out {options.out}: it is the source; choose another folder.")
        return ShardSource([options.manifest], form)
    curation = curated(options, progress)
    for note in curation.notes:
        remark(note)
    for line in as_text(summary(curation)):
        say(line)
    curation.check_usable()
    return WindowSource(curation.windows, form, str(options.manifest))
