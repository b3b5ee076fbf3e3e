"""Which measures a result has, in the order of their table; one that the table doesn't know stands last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..measures.table import MEASURES, Measure

JUDGED, PARTLY, NOT_JUDGED = "judged", "partly", "not judged"  # states of a clip


def measures_of(names: Iterable[str]) -> list[Measure]:
    """Each name once."""
    found, order = {*names}, {name: k for k, name in enumerate(MEASURES)}
    return [
        MEASURES.get(name) or _unknown(name)
        for name in sorted(found, key=lambda name: (order.get(name, len(order)), name))
    ]


def figures_of(clips: Sequence[Mapping[str, Any]]) -> list[Measure]:
    """The measures that at least one clip has a figure of."""
    return measures_of(
        name for clip in clips for name, value in clip.get("figures", {}).items() if value is not None
    )


def left_out(measures: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Why and the remedy -> the measures of a result it is said of."""
    found: dict[str, list[str]] = {}
    for measure in measures_of(name for name, entry in measures.items() if "left_out" in entry):
        found.setdefault(str(measures[measure.name]["left_out"]), []).append(measure.name)
    return found


def _unknown(name: str) -> Measure:
    """Of a newer version: shown as it is, neither direction is better."""
    return Measure(
        name=name,
        heading=name,
        unit="",
        places=3,
        better="none",
        kind="clip",
        group="",
        networks=(),
        needs=frozenset(),
        fewest=1,
    )
