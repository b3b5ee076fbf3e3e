"""Histograms as SVG: parts of the values, stacked in their colours, and a line where one value lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT, AXIS, TOP = 320, 150, 22, 16  # of the picture; of the words below and above the bars
BINS = 40
MINUS = "\u2212"
OUTLIERS = 0.005  # share on each side that is drawn in the outermost bins


def histogram(
    title: str, note: str, parts: Mapping[str, Sequence[float]], line: float, words: str = ""
) -> str:
    """A <figure>; "" where there are no values. `parts`: class of the bars in the style sheet -> values, the
    lowest first; `line`: the value that is marked, with `words` or itself."""
    values = np.array([value for part in parts.values() for value in part], float)
    if not len(values):
        return ""
    edges = np.linspace(*_range(values, line), BINS + 1)
    counts = [np.histogram(np.clip(part, edges[0], edges[-1]), edges)[0] for part in parts.values()]
    scale = (HEIGHT - AXIS - TOP) / max(1, int(sum(counts).max()))
    bars, each, base = [], WIDTH / BINS, HEIGHT - AXIS
    for k in range(BINS):
        top = base
        for kind, count in zip(parts, counts, strict=True):
            height = count[k] * scale
            top -= height
            bars.append(_bar(kind, k * each, each, top, height))
    return (
        f"<figure><figcaption>{escape(title)} <small>{escape(note)}</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}: {note}")}">'
        f"{''.join(bars)}{_line(line, words or f'{line:g}', edges)}{_axis(edges)}</svg></figure>"
    )


def _range(values: np.ndarray, line: float) -> tuple[float, float]:
    low = np.quantile(values, OUTLIERS, method="lower")
    high = np.quantile(values, 1 - OUTLIERS, method="higher")
    low, high = min(low, line), max(high, line)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _bar(kind: str, left: float, width: float, top: float, height: float) -> str:
    if not height:
        return ""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width - 1:.1f}" height="{height:.1f}"/>'
    )


def _line(value: float, words: str, edges: np.ndarray) -> str:
    x = WIDTH * (value - edges[0]) / (edges[-1] - edges[0])
    anchor, at = ("start", x + 4) if x < WIDTH / 2 else ("end", x - 4)
    return (
        f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT - AXIS}"/>'
        f'<text class="limit" x="{at:.1f}" y="11" text-anchor="{anchor}">{escape(words)}</text>'
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
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", MINUS)  # + 0.0: no -0
