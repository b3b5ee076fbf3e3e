"""In which order clips get a place for their sound on a page: the best and worst by each measure first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...measures.table import Measure

ENDS = 4  # best and worst clips that the page shows by a measure


def hearing_order(clips: Sequence[Mapping[str, Any]], measures: Sequence[Measure]) -> list[str]:
    """Ids of all clips: the best by every measure in turn, the worst, the second best, and so on ENDS deep;
    then the others as they are listed."""
    ranked = [ranking(clips, measure) for measure in measures if measure.better != "none"]
    order: dict[str, None] = {}
    for depth in range(ENDS):
        for names in ranked:
            if depth < len(names):
                order |= {names[depth]: None, names[-1 - depth]: None}
    return list(order | {clip["id"]: None for clip in clips})


def ranking(clips: Sequence[Mapping[str, Any]], measure: Measure) -> list[str]:
    """Ids of the clips with a figure, best first; equal ones as they are listed."""
    figures = [(clip.get("figures", {}).get(measure.name), clip["id"]) for clip in clips]
    sign = -1 if measure.better == "higher" else 1
    found = [(sign * value, name) for value, name in figures if value is not None]
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]
