"""The evaluation as a table of text: a line for the model under each of its conditions, a column a
measure."""

from __future__ import annotations

from typing import Any

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


def table(result: dict[str, Any]) -> str:
    """`result`: what `evaluate` returned."""
    return lines(result["conditions"], COLUMNS)


def lines(rows: dict[str, dict[str, float | None]], columns: dict[str, tuple[str, int]]) -> str:
    """Rows of numbers under their headings; "-" where there is none."""
    width = max(len(row) for row in rows)
    head = " " * width + "".join(f"  {heading:>8s}" for heading, _ in columns.values())
    body = [
        f"{row:{width}s}"
        + "".join(f"  {_cell(values.get(name), places):>8s}" for name, (_, places) in columns.items())
        for row, values in rows.items()
    ]
    return "\n".join([head, *body])


def _cell(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
