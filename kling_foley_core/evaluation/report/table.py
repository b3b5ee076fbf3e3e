"""The evaluation as a table of text: a line for the model under each of its conditions, a column a measure,
and under each line the ends of its 95 % interval; then the model family by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..runners.conditions import CONDITIONS, MODEL, REFERENCES

# Measure -> heading, decimals. The JSON has all of them; these fit a terminal.
COLUMNS = {
    "f1": ("F1", 3),
    "precision": ("prec", 3),
    "recall": ("rec", 3),
    "offset_ms": ("off ms", 1),
    "envelope_r": ("env r", 2),
    "hit_source": ("hit acc", 2),
    "flow_source": ("flow acc", 2),
    "material": ("material", 2),
    "caption_material": ("cap mat", 2),
    "ambience": ("ambience", 2),
    "false_ambience": ("false am", 2),
    "room": ("room", 2),
    "text": ("text", 2),
    "fade": ("fade", 2),
    "pan_r": ("pan r", 2),
    "pan_sign": ("side", 2),
    "pan_lag_ms": ("lag ms", 0),
    "loudness_hits_r": ("loud r", 2),
    "silence": ("silence", 2),
}

LOW, HIGH = "  95 % from", "  95 % to"  # the lines under one with figures
WIDTH = max(len(name) for name in (*REFERENCES, *CONDITIONS))
Row = tuple[str, Mapping[str, float | None]]


def heading() -> str:
    """Above what `condition_lines` gives."""
    return _head(COLUMNS, WIDTH)


def condition_lines(name: str, found: Mapping[str, Any]) -> str:
    """All clips under one of the conditions. `found`: its `figures` (families.py)."""
    return _body(_with_interval(name, name, found), COLUMNS, WIDTH)


def by_families(families: Mapping[str, Any]) -> str:
    """`families`: of what `evaluate` returned."""
    rows = [
        row
        for family, of_it in families.items()
        for row in _with_interval(f"{family} ({of_it['clips']})", MODEL, of_it)
    ]
    return f"The model, by family of clips (how many):\n{lines(rows, COLUMNS)}"


def _with_interval(heading: str, condition: str, result: Mapping[str, Any]) -> list[Row]:
    """Its line, and those of its interval where it has any."""
    ends = {name: pair for name, pair in result["intervals"][condition].items() if pair is not None}
    low = {name: pair[0] for name, pair in ends.items()}
    high = {name: pair[1] for name, pair in ends.items()}
    return [(heading, result["conditions"][condition]), *([(LOW, low), (HIGH, high)] if ends else [])]


def lines(rows: Sequence[Row], columns: Mapping[str, tuple[str, int]]) -> str:
    """Rows of numbers under their headings; "-" where there is none."""
    width = max(len(row) for row, _ in rows)
    return f"{_head(columns, width)}\n{_body(rows, columns, width)}"


def _head(columns: Mapping[str, tuple[str, int]], width: int) -> str:
    return " " * width + "".join(f"  {heading:>8s}" for heading, _ in columns.values())


def _body(rows: Sequence[Row], columns: Mapping[str, tuple[str, int]], width: int) -> str:
    return "\n".join(
        f"{row:{width}s}"
        + "".join(f"  {_cell(values.get(name), places):>8s}" for name, (_, places) in columns.items())
        for row, values in rows
    )


def _cell(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
