"""How a measure is distributed over pieces that are used and others, and where its limit lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....pages import histogram


def limit_histogram(
    title: str, unit: str, used: Sequence[float], rejected: Sequence[float], limit: float, at_most: bool
) -> str:
    """A <figure>; "" where nothing was measured."""
    values = np.array([*used, *rejected], float)
    missed = int((values > limit if at_most else values < limit).sum())
    note = f"{'≤' if at_most else '≥'} {limit:g} {unit} · {missed} of {len(values)} miss it"
    return histogram(title, note, {"used": used, "rejected": rejected}, limit)
