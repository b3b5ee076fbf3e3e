"""The order of takes by one number each."""

from __future__ import annotations

from collections.abc import Sequence


def best_first(scores: Sequence[float | None], better: str = "higher") -> list[int]:
    """Indices of the scores, best first, of equals the earlier; those without one last. `better`: "higher" or
    "lower"."""
    sign = {"higher": -1.0, "lower": 1.0}[better]
    known = [(sign * score, k) for k, score in enumerate(scores) if score is not None]
    return [k for _, k in sorted(known)] + [k for k, score in enumerate(scores) if score is None]
