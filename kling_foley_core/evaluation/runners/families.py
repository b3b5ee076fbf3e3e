"""The clips of each family of the world apart, in the world's own order of families.

Each has what the whole has: how many clips, what they hold, and under each condition its measures with their
intervals. A clip is of one family; two at once are "mixed".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...foley_world import FAMILIES
from .scores import ClipScore, counts, intervals, summarise


def figures(scores: Mapping[str, Sequence[ClipScore]]) -> dict[str, Any]:
    """Condition -> scores: {"conditions": {condition: {measure: value}}, "intervals": the same of (low,
    high), "counts"}; what is counted is of the truth, and so the same under every condition."""
    return {
        "counts": counts([*next(iter(scores.values()))]),
        "conditions": {name: summarise([*found]) for name, found in scores.items()},
        "intervals": {name: intervals([*found]) for name, found in scores.items()},
    }


def by_family(scores: Mapping[str, Sequence[ClipScore]], families: Sequence[str]) -> dict[str, Any]:
    """`families`: that of each clip -> family: {"clips", and what `figures` gives}."""
    found = {}
    for family in FAMILIES:
        chosen = [i for i, own in enumerate(families) if own == family]
        if chosen:
            apart = {name: [every[i] for i in chosen] for name, every in scores.items()}
            found[family] = {"clips": len(chosen), **figures(apart)}
    return found
