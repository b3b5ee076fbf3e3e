"""Histograms as SVG: how a measure is distributed over pieces that are used and others, and where its limit
lies."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT, AXIS, TOP = 320, 150, 22, 16  # of the picture; of the words below and above the bars
BINS = 40
OUTLIERS = 0.005  # share on each side that is drawn in the outermost bins


def histogram(
    title: str, unit: str, used: Sequence[float], rejected: Sequence[float], limit: float, at_most: bool
) -> str:
    """A <figure>; "" where nothing was measured."""
    values = np.array([*used, *rejected], float)
    if not len(values):
        return ""
    edges = np.linspace(*_range(values, limit), BINS + 1)
    counts = [np.histogram(np.clip(part, edges[0], edges[-1]), edges)[0] for part in (used, rejected)]
    scale = (HEIGHT - AXIS - TOP) / max(1, int(sum(counts).max()))
    bars, each = [], WIDTH / BINS
    for k, (below, above) in enumerate(zip(*counts, strict=True)):
        base = HEIGHT - AXIS
        bars.append(_bar("used", k * each, each, base - below * scale, below * scale))
        bars.append(_bar("rejected", k * each, each, base - (below + above) * scale, above * scale))
    missed = int(sum((np.array(part, float) > limit if at_most else np.array(part, float) < limit).sum()
                     for part in (used, rejected)))  # fmt: skip
    sign = "≤" if at_most else "≥"
    caption = (
        f"{escape(title)} <small>{sign} {limit:g} {escape(unit)} · {missed} of {len(values)} miss it</small>"
    )
    return (
        f'<figure><figcaption>{caption}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(bars)}{_limit_line(limit, edges)}{_axis(edges)}'
        "</svg></figure>"
    )


def _range(values: np.ndarray, limit: float) -> tuple[float, float]:
    low, high = np.quantile(values, [OUTLIERS, 1 - OUTLIERS])
    low, high = min(low, limit), max(high, limit)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _bar(kind: str, left: float, width: float, top: float, height: float) -> str:
    if not height:
        return ""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width - 1:.1f}" height="{height:.1f}"/>'
    )


def _limit_line(limit: float, edges: np.ndarray) -> str:
    x = WIDTH * (limit - edges[0]) / (edges[-1] - edges[0])
    anchor, at = ("start", x + 4) if x < WIDTH / 2 else ("end", x - 4)
    return (
        f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT - AXIS}"/>'
        f'<text class="limit" x="{at:.1f}" y="11" text-anchor="{anchor}">{limit:g}</text>'
    )


def _axis(edges: np.ndarray) -> str:
    base, words = HEIGHT - AXIS, HEIGHT - 6
    line = f'<line class="axis" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>'
    places = ((0, "start", edges[0]), (WIDTH / 2, "middle", edges[BINS // 2]), (WIDTH, "end", edges[-1]))
    return line + "".join(
        f'<text x="{x:g}" y="{words}" text-anchor="{anchor}">{_number(value, edges)}</text>'
        for x, anchor, value in places
    )


def _number(value: float, edges: np.ndarray) -> str:
    """Three digits of the whole range."""
    decimals = max(0, 2 - int(np.floor(np.log10(edges[-1] - edges[0]))))
    return f"{value:.{decimals}f}"
