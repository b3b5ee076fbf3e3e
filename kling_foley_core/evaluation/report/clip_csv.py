"""clips.csv: a row for each clip that was asked for, judged or not, a column for each figure, empty where
there is none."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...files.whole_file import whole_file

FACTS = ("id", "state", "scenario", "labels", "caption", "film", "sound", "reference", "notes")
BETWEEN = " | "  # of several labels or notes in a cell
ESCAPED = "backslashreplace"  # what is no Unicode, in results of others


def write_clip_csv(path: Path, clips: Sequence[Mapping[str, Any]], figures: Sequence[str]) -> None:
    """`clips` as in result.json, in their order; `figures`: the columns, by name."""
    with whole_file(path) as draft, draft.open("w", newline="", encoding="utf-8", errors=ESCAPED) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*FACTS, *figures])
        for clip in clips:
            facts = [_cell(clip.get(name)) for name in FACTS]
            table.writerow([*facts, *(_cell(clip.get("figures", {}).get(name)) for name in figures)])


def _cell(value: object) -> object:
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return "" if value is None else value
