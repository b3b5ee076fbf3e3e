"""Which frozen networks made the arrays of shards, as digits that change with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError
from .header import Header

PART_OF = {
    "vae": "codec",
    "t5": "text encoder",
    "clip_text": "text encoder",
    "clip_visual": "visual encoder",
    "synchformer": "sync encoder",
}


def check_networks(header: Header, wanted: Mapping[str, str], folder: Path | str = "") -> None:
    """`wanted`: kind -> digits (`checkpoints.digest.digest_of`), of the networks that the training builds on.
    Raises InputError where the shards were made by others; networks that only one side has are not
    compared."""
    for kind, digits in wanted.items():
        made_by = header.networks.get(kind, digits)
        if made_by != digits:
            raise InputError(
                f"--data {folder}: the shards were made by another {PART_OF[kind]} ({kind} {made_by}) than "
                f"the given one ({digits}); extract them again with the given model."
            )
