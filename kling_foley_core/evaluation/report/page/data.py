"""What a page's script is told: JSON inside of the page, which can't end its element."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...measures.table import Measure
from ..clip_csv import BETWEEN

# Columns of a clip's row in the script, before its figures.
FACTS = ("id", "scenario", "state", "caption", "labels", "notes")


def page_data(**parts: object) -> str:
    """ASCII; "<" is escaped, so that nothing in it is taken for a tag."""
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def columns(measures: Sequence[Measure]) -> list[dict[str, Any]]:
    return [
        {"name": m.name, "heading": m.heading, "unit": m.unit, "places": m.places, "better": m.better}
        for m in measures
    ]


def rows(clips: Sequence[Mapping[str, Any]], measures: Sequence[Measure]) -> list[list[Any]]:
    """FACTS as text, then a figure or null for each measure."""
    return [
        [*(_text(clip.get(name)) for name in FACTS), *(clip.get("figures", {}).get(m.name) for m in measures)]
        for clip in clips
    ]


def _text(value: object) -> str:
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return "" if value is None else str(value)
