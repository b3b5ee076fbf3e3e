"""check.csv: a row for each piece of a clip, with what was measured and why it is not used, and one for each
row of the manifest, clip or remainder that there is no piece of."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from ...files.whole_file import whole_file
from ..manifest import Rejected
from .curate import Curation
from .limits import Limits, measured
from .windows import Piece

LIMITS = tuple(field.name for field in fields(Limits))
COLUMNS = ("id", "used", "reason", "why", "clip", "place", "video", "audio", "caption", "start", "seconds",
           "split", "licence", "kind", *LIMITS)  # fmt: skip


def write_check_table(path: Path, curation: Curation) -> None:
    """UTF-8 with a mark, as spreadsheets want it."""
    with whole_file(path) as draft, draft.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(check_rows(curation))


def check_rows(curation: Curation) -> Iterator[dict[str, object]]:
    rejected = {r.id: r for r in curation.rejected}
    for name, piece in curation.pieces.items():
        numbers = {limit: measured(curation.measures[name], limit) for limit in LIMITS}
        rounded = {limit: "" if number is None else f"{number:.4g}" for limit, number in numbers.items()}
        yield _of_piece(piece) | _verdict(rejected.get(name)) | rounded
    for other in curation.rejected:
        if other.id not in curation.pieces:
            yield {"id": other.id, **_verdict(other)}


def _of_piece(piece: Piece) -> dict[str, object]:
    clip = piece.clip
    return {
        "id": piece.id,
        "clip": clip.id,
        "place": clip.place,
        "video": clip.video or "",
        "audio": clip.audio or "",
        "caption": clip.caption,
        "start": f"{piece.start:g}",
        "seconds": f"{piece.seconds:g}",
        "split": clip.split,
        "licence": clip.licence,
        "kind": clip.kind,
    }


def _verdict(rejected: Rejected | None) -> dict[str, object]:
    if rejected is None:
        return {"used": "yes"}
    return {"used": "no", "reason": rejected.reason, "why": rejected.why}
