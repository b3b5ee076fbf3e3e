"""One row of a benchmark, before any file is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clip:
    """`start`, `seconds`: the part of the film that is judged (None: to its end), and of its own sound; files
    of `sound` and `reference` begin where that part begins.

    `sound`: to be judged, where the list says it. `reference`: the true sound; None: that of the film, if
    `own_sound`. `labels`: from the first level to the last. `names`: what else, beside its id, a file with a
    sound of it may be called, without suffix. `place`: where it is said, such as "list.csv line 12".
    """

    id: str
    film: Path | None
    sound: Path | None
    reference: Path | None
    own_sound: bool
    caption: str
    scenario: str
    labels: tuple[str, ...]
    start: float
    seconds: float | None
    names: tuple[str, ...]
    place: str
