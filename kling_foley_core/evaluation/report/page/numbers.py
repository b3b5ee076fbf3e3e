"""Numbers as text on a page."""

from __future__ import annotations

from html import escape

from ...measures.table import Measure

MINUS = "\u2212"
ARROWS = {"lower": ("↓", "lower is better"), "higher": ("↑", "higher is better")}


def number(value: float | None, places: int, *, signed: bool = False) -> str:
    """ "–" where there is none; what rounds to 0 has no sign."""
    if value is None:
        return "–"
    text = f"{value:{'+' if signed else ''}.{places}f}"
    return (text.lstrip("+-") if float(text) == 0 else text).replace("-", MINUS)


def interval(low: float | None, high: float | None, places: int, *, signed: bool = False) -> str:
    if low is None or high is None:
        return ""
    return f"{number(low, places, signed=signed)} to {number(high, places, signed=signed)}"


def heading(measure: Measure) -> str:
    """HTML: its name, which way is better, its unit."""
    arrow, words = ARROWS.get(measure.better, ("", ""))
    pointing = (
        f' <span class="arrow" role="img" title="{words}" aria-label="{words}">{arrow}</span>'
        if arrow
        else ""
    )
    unit = f' <small class="unit">{escape(measure.unit)}</small>' if measure.unit else ""
    return f"{escape(measure.heading)}{pointing}{unit}"
