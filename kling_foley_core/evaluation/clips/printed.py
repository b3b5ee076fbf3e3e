"""The measures of a result as a table of text, in the order of the table of measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..measures.table import MEASURES
from ..report.measured import left_out

BETTER = {"lower": "lower is better", "higher": "higher is better", "none": ""}


def table(result: Mapping[str, Any]) -> str:
    """A line a measure: value, 95 % interval, how many clips (and true sounds, of two sets); those left out
    say why below, by reason."""
    found = result["measures"]
    taken = {name: found[name] for name in MEASURES if "value" in found.get(name, {})}
    width = max((len(MEASURES[name].heading) for name in taken), default=0)
    counts = max((len(_count(one)) for one in taken.values()), default=0)
    lines = [_line(name, one, width, counts) for name, one in taken.items()]
    lines += [f"left out: {', '.join(names)}: {why}" for why, names in left_out(found).items()]
    return "\n".join(lines)


def _count(one: Mapping[str, Any]) -> str:
    text = f"{one['clips']:6d} clips"
    return f"{text}, {one['references']} references" if "references" in one else text


def _line(name: str, one: Mapping[str, Any], width: int, counts: int) -> str:
    measure = MEASURES[name]
    value, low, high = (_number(one[key], measure.places) for key in ("value", "low", "high"))
    between = f"{low} .. {high}"
    return (
        f"{measure.heading:{width}s}  {value:>10s} {measure.unit:5s} {between:24s} {_count(one):{counts}s}  "
        f"{BETTER[measure.better]}"
    ).rstrip()


def _number(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
