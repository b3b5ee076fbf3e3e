"""Two results, clip by clip: what differs, by how much, and within which interval.

Clips that both judged are paired by id. A measure with a figure a clip is taken over the clips that have it
in both results; its difference is the mean of theirs, this less the other. A measure of the set is taken of
all clips of its result; its difference has an interval where the clips say how much they move it
("influences"). Intervals are those of measures/intervals.py, pairs kept.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files.whole_file import whole_file
from ..measures.intervals import mean_difference, set_difference
from ..measures.table import Measure
from .clip_csv import ESCAPED
from .measured import NOT_JUDGED, measures_of

Clip = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """`this` and `other` over the shared clips, or of the whole results where the measure is of the set.
    `clips`: how many the difference is of. `sets`: of a measure of the set, how many sounds ("clips") and
    true sounds ("references") each side has."""

    measure: Measure
    this: float
    other: float
    value: float
    low: float | None
    high: float | None
    clips: int
    sets: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})

    @property
    def uneven(self) -> bool:
        """Whether the two can't be compared: the measure hangs on the counts, which differ."""
        return self.measure.by_count and self.sets[0] != self.sets[1]

    @property
    def better(self) -> str:
        """ "this", "other", or "" where it is not known: the interval has 0 in it, neither direction is
        better, or the counts differ."""
        if (
            self.low is None
            or self.high is None
            or self.uneven
            or self.measure.better == "none"
            or self.low <= 0 <= self.high
        ):
            return ""
        return "this" if (self.low > 0) == (self.measure.better == "higher") else "other"


@dataclass(frozen=True)
class Compared:
    """`names` of the two results; `pairs`: this and the other clip of an id that both judged, as this result
    lists them; `only_this`, `only_other`: id -> why the other one did not judge it; `unlike`: sentences
    about what the two were judged by, where it differs."""

    names: tuple[str, str]
    differences: tuple[Difference, ...]
    pairs: tuple[tuple[Clip, Clip], ...]
    only_this: Mapping[str, str]
    only_other: Mapping[str, str]
    unlike: tuple[str, ...]


def compared(this: Mapping[str, Any], other: Mapping[str, Any], names: tuple[str, str]) -> Compared:
    """InputError where no clip was judged in both."""
    lists = _by_id(this), _by_id(other)
    ours, theirs = (_judged(clips) for clips in lists)
    pairs = tuple((clip, theirs[name]) for name, clip in ours.items() if name in theirs)
    if not pairs:
        raise InputError(
            f"'{names[0]}' and '{names[1]}' have no judged clip in common: "
            f"{_few(ours)} against {_few(theirs)}; compare results over the same clips."
        )
    shared = measures_of([*this["measures"], *other["measures"], *_figures(pairs)])
    found = (_difference(measure, this, other, pairs) for measure in shared)
    return Compared(
        names,
        tuple(difference for difference in found if difference),
        pairs,
        {name: _why_not(lists[1].get(name)) for name in ours if name not in theirs},
        {name: _why_not(lists[0].get(name)) for name in theirs if name not in ours},
        tuple([*_unlike(this, other), *_unlike_references(pairs)]),
    )


def _unlike(this: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    seconds = [result.get("seconds") for result in (this, other)]
    if seconds[0] != seconds[1]:
        yield f"at most {seconds[0]} s of each clip against {seconds[1]} s"
    files = [(result.get("settings") or {}).get("networks") or {} for result in (this, other)]
    for name in sorted(files[0].keys() & files[1].keys()):
        if files[0][name] != files[1][name]:
            yield f"{name} of {files[0][name]} against {files[1][name]}"


def _unlike_references(pairs: Sequence[tuple[Clip, Clip]]) -> Iterator[str]:
    """By file and start, of which the first that differs is shown."""
    apart = [pair for pair in pairs if _reference(pair[0]) != _reference(pair[1])]
    if apart:
        this, other = apart[0]
        yield (
            f"{len(apart)} of {len(pairs)} clips by other references, such as {this['id']} by "
            f"{_reference(this)} against {_reference(other)}"
        )


def _reference(clip: Clip) -> str:
    start = f" from {clip['start']:g} s" if clip.get("start") else ""
    return f"{clip['reference']}{start}" if clip.get("reference") else "none"


def _by_id(result: Mapping[str, Any]) -> dict[str, Clip]:
    """The first of an id: a row that gives it again was not judged."""
    found: dict[str, Clip] = {}
    for clip in result["clips"]:
        found.setdefault(clip["id"], clip)
    return found


def _judged(clips: Mapping[str, Clip]) -> dict[str, Clip]:
    return {name: clip for name, clip in clips.items() if clip.get("state") != NOT_JUDGED}


def _why_not(clip: Clip | None) -> str:
    """Why a result has not judged a clip; None: its list lacks it."""
    return "not in the list" if clip is None else "; ".join(clip.get("notes") or [NOT_JUDGED])


def both(pair: tuple[Clip, Clip], name: str) -> tuple[float, float] | None:
    """The two figures of a pair; None where one has none."""
    this, other = (clip.get("figures", {}).get(name) for clip in pair)
    return None if this is None or other is None else (this, other)


def write_pairs(path: Path, found: Compared) -> None:
    """compared.csv: a row for each pair and measure."""
    with whole_file(path) as draft, draft.open("w", newline="", encoding="utf-8", errors=ESCAPED) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "measure", "this", "other", "difference"])
        for pair in found.pairs:
            for difference in found.differences:
                name = difference.measure.name
                if figures := both(pair, name):
                    table.writerow([pair[0]["id"], name, *figures, f"{figures[0] - figures[1]:.6g}"])


def _difference(
    measure: Measure, this: Mapping[str, Any], other: Mapping[str, Any], pairs: Sequence[tuple[Clip, Clip]]
) -> Difference | None:
    figures = {pair[0]["id"]: figures for pair in pairs if (figures := both(pair, measure.name))}
    if not figures:
        return _difference_of_sets(measure, this, other)
    sides = [{name: pair[side] for name, pair in figures.items()} for side in (0, 1)]
    means = [sum(side.values()) / len(side) for side in sides]
    apart = mean_difference(*sides)
    return Difference(measure, *means, apart["value"], apart["low"], apart["high"], apart["clips"])


def _difference_of_sets(
    measure: Measure, this: Mapping[str, Any], other: Mapping[str, Any]
) -> Difference | None:
    entries = [result["measures"].get(measure.name, {}) for result in (this, other)]
    values = [entry.get("value") for entry in entries]
    if None in values:
        return None
    moves = [
        {clip["id"]: own[measure.name] for clip in result["clips"] if measure.name in (own := _moves(clip))}
        for result in (this, other)
    ]
    apart = set_difference((values[0], moves[0]), (values[1], moves[1])) if all(moves) else None
    if apart is None:
        apart = {"value": values[0] - values[1], "low": None, "high": None, "clips": 0}
    sets = tuple({key: entry[key] for key in ("clips", "references") if key in entry} for entry in entries)
    return Difference(measure, *values, apart["value"], apart["low"], apart["high"], apart["clips"], sets)


def _moves(clip: Clip) -> Mapping[str, float]:
    return clip.get("influences") or {}


def _figures(pairs: Sequence[tuple[Clip, Clip]]) -> set[str]:
    return {name for pair in pairs for clip in pair for name in clip.get("figures", {})}


def _few(clips: Mapping[str, Clip]) -> str:
    names = ", ".join(list(clips)[:3])
    return f"{names}, ..." if len(clips) > 3 else names or "none"
