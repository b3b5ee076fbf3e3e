"""True onsets against detected ones: one to one, within 50 ms, as many pairs as there can be.

Both lists ascend, and a pair may be made of any two within the tolerance; then taking the earliest that fits,
in order, gives the most pairs (interval matching). Tests compare it with trying everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ...foley_world import Truth

TOLERANCE = 0.05  # seconds
DEBRIS = 0.1  # seconds that the last small sounds of an event ring out
MERGED = 0.05  # seconds: onsets closer than this are one to the ear


@dataclass(frozen=True)
class Hits:
    """Counts of one clip or of many; `offsets` are detected minus true seconds of the pairs."""

    matched: int
    false: int
    missed: int
    offsets: tuple[float, ...]

    @property
    def precision(self) -> float | None:
        return _share(self.matched, self.matched + self.false)

    @property
    def recall(self) -> float | None:
        return _share(self.matched, self.matched + self.missed)

    @property
    def f1(self) -> float | None:
        """None where there is nothing to find and nothing was found; so the others, each by its own."""
        return _share(2 * self.matched, 2 * self.matched + self.false + self.missed)

    @property
    def offset_ms(self) -> float | None:
        """Median of the offsets' size."""
        return 1000 * median(abs(o) for o in self.offsets) if self.offsets else None

    @property
    def delay_ms(self) -> float | None:
        """Median of the offsets: above 0, what is detected comes late."""
        return 1000 * median(self.offsets) if self.offsets else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def total(all_hits: Iterable[Hits]) -> Hits:
    """Counts of many clips together: every event weighs the same."""
    every = list(all_hits)
    offsets = tuple(o for hits in every for o in hits.offsets)
    return Hits(
        sum(h.matched for h in every), sum(h.false for h in every), sum(h.missed for h in every), offsets
    )


def pairs(true: Sequence[float], detected: Sequence[float]) -> list[tuple[int, int]]:
    """Indices (true, detected) of the pairs; both lists ascend."""
    found, first = [], 0
    for i, time in enumerate(true):
        while first < len(detected) and detected[first] < time - TOLERANCE:
            first += 1
        if first < len(detected) and detected[first] <= time + TOLERANCE:
            found.append((i, first))
            first += 1
    return found


@dataclass(frozen=True)
class Judged:
    """Of one clip, in seconds: (true, detected) of the pairs, true ones that were missed, false ones."""

    matched: tuple[tuple[float, float], ...]
    missed: tuple[float, ...]
    false: tuple[float, ...]

    def hits(self, counts: Callable[[float], bool] = lambda time: True) -> Hits:
        """Those at times that `counts` says yes to; a pair is where its true onset is."""
        offsets = tuple(b - a for a, b in self.matched if counts(a))
        return Hits(len(offsets), sum(map(counts, self.false)), sum(map(counts, self.missed)), offsets)


def judged(
    true: Sequence[float], detected: Sequence[float], ignored: Sequence[tuple[float, float]] = ()
) -> Judged:
    """`ignored`: spans in which an unmatched onset is not false (small sounds that belong to an event). Nor
    is one within MERGED of a matched one, and such among the others count as one."""
    found = pairs(true, detected)
    heard, taken = {i for i, _ in found}, {j for _, j in found}
    near = [(detected[j] - MERGED, detected[j] + MERGED) for j in taken]
    left = [time for j, time in enumerate(detected) if j not in taken]
    false = [time for time in left if not any(start < time <= end for start, end in [*ignored, *near])]
    return Judged(
        tuple((true[i], detected[j]) for i, j in found),
        tuple(time for i, time in enumerate(true) if i not in heard),
        tuple(merged(false)),
    )


def count(
    true: Sequence[float], detected: Sequence[float], ignored: Sequence[tuple[float, float]] = ()
) -> Hits:
    """Of `judged`, all of it."""
    return judged(true, detected, ignored).hits()


def merged(times: Sequence[float]) -> list[float]:
    """The first of every group of onsets within MERGED; `times` ascend."""
    kept: list[float] = []
    for time in times:
        if not kept or time - kept[-1] > MERGED:
            kept.append(time)
    return kept


def hits_of(detected: list[float], truth: Truth) -> Hits:
    """Detected onsets against the truth's events."""
    return judged_by(truth, detected).hits()


def judged_by(truth: Truth, detected: list[float]) -> Judged:
    """Detected onsets against the truth's events, those within MERGED as one. The small sounds of an event
    (debris) are not false."""
    ignored = [
        (e.time - TOLERANCE, e.time + TOLERANCE + (e.lasts + DEBRIS if e.lasts else 0.0))
        for e in truth.events
    ]
    return judged(merged([e.time for e in truth.events]), detected, ignored)
