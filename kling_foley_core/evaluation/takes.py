"""Figures of the takes of one film, and the best of them by one figure: waves [B, C, N] -> TakeFigures.

What computes them is imported when they are computed: a host reads this module at its start.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ..errors import InputError
from ..ranking import best_first
from .measures.table import MEASURES, Measure

if TYPE_CHECKING:
    from ..preview.motion import Movement
    from .measures.figures import Figures
    from .measures.hits import Onsets

DIGITS = 6  # significant ones, in JSON


@dataclass(frozen=True)
class TakeFigures:
    figures: Figures
    onsets: Onsets


def choices() -> list[str]:
    """Figures of one wave, without a network, of which one way is better."""
    return [m.name for m in MEASURES.values() if m.group == "signal" and m.better != "none"]


def take_figures(
    sound: Tensor, rate: int, reference: tuple[Tensor, int] | None, moved: Movement | None
) -> TakeFigures:
    """Of one take [1 or 2, N]."""
    from .measures.figures import checked, figures
    from .measures.hits import onsets_of

    sound = checked(sound, "sound")
    reference = reference and (checked(reference[0], "reference"), reference[1])
    onsets = onsets_of(sound, rate, reference)
    return TakeFigures(figures(sound, rate, reference, onsets=onsets, moved=moved), onsets)


def best_take(takes: Sequence[TakeFigures], by: str) -> int:
    """Of one take that one, whatever there is of it."""
    measure, measured = MEASURES[by], takes[0].figures
    if len(takes) > 1 and by not in measured:
        raise InputError(
            f"choose_by: {by} needs a {' and a '.join(sorted(measure.needs))}, and there is none; connect "
            f"one, or choose by one of {', '.join(name for name in choices() if name in measured)}."
        )
    return best_first([take.figures.get(by) for take in takes], measure.better)[0]


def as_text(takes: Sequence[TakeFigures], best: int) -> str:
    """A line a figure, in the table's order: heading, unit, each take's number; a star at the best."""
    rows = [["take", *(f"{k}{'*' * (k == best and len(takes) > 1)}" for k in range(len(takes)))]]
    for measure in (m for m in MEASURES.values() if m.name in takes[0].figures):
        rows.append([_titled(measure), *(shown(measure, take.figures[measure.name]) for take in takes)])
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for title, *cells in rows:
        numbers = (f"  {cell:>{width}}" for cell, width in zip(cells, others, strict=True))
        lines.append(f"{title:{first}}{''.join(numbers)}")
    return "\n".join(lines)


def shown(measure: Measure, value: float | None) -> str:
    return "-" if value is None else f"{value:.{measure.places}f}"


def as_json(takes: Sequence[TakeFigures], best: int, by: str, prompt: str) -> str:
    """Figures and onsets of every take, as `evaluate clips` writes those of a clip."""
    found = {"prompt": prompt, "chosen by": by, "best": best, "takes": [_plain(take) for take in takes]}
    return json.dumps(found, indent=1, ensure_ascii=False)


def _plain(take: TakeFigures) -> dict[str, Any]:
    onsets = {name: times for name, times in take.onsets._asdict().items() if times is not None}
    return {
        "figures": {name: _rounded(value) for name, value in take.figures.items()},
        "onsets": {name: [_rounded(time) for time in times] for name, times in onsets.items()},
    }


def _rounded(value: float | None) -> float | None:
    if not value:
        return value
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))


def _titled(measure: Measure) -> str:
    return f"{measure.heading}, {measure.unit}" if measure.unit else measure.heading
