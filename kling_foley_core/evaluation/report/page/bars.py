"""Intervals as small SVG bars: a dot for the value, a line for its interval, and what it is held against. The
numbers stand beside them as text, so readers of text are told nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, EDGE = 180, 20, 6  # units of the drawing; room for marks at either end


def interval_bar(
    value: float, low: float | None, high: float | None, others: Sequence[float] = (), kind: str = "ours"
) -> str:
    """On a scale from 0 to the largest of all, or down to the lowest where that is below 0. `others`: hollow
    marks, of published values; `kind`: class of the dot and its line in the style sheet."""
    marks = [value, *(mark for mark in (low, high) if mark is not None), *others, 0.0]
    first, last = min(marks), max(marks)
    span = (last - first) or 1.0

    def x(mark: float) -> str:
        return f"{EDGE + (mark - first) / span * (WIDTH - 2 * EDGE):.1f}"

    middle = HEIGHT / 2
    drawn = [f'<line class="axis" x1="0" x2="{WIDTH}" y1="{middle:g}" y2="{middle:g}"/>']
    drawn.append(f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="3" y2="{HEIGHT - 3}"/>')
    drawn += [f'<path class="published" d="M{x(mark)} 5l4 5-4 5-4-5z"/>' for mark in dict.fromkeys(others)]
    if low is not None and high is not None:
        drawn.append(f'<line class="{kind}" x1="{x(low)}" x2="{x(high)}" y1="{middle:g}" y2="{middle:g}"/>')
    drawn.append(f'<circle class="{kind}" cx="{x(value)}" cy="{middle:g}" r="4"/>')
    return f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{"".join(drawn)}</svg>'
