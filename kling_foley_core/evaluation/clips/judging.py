"""From what the networks read of every clip to the figures: each clip's, and of all clips with intervals.

    judged(names, clips) -> Judged

A measure that can't be had says why (`left_out`), and the rest is still measured; a clip whose features can't
be used for a measure (NaN, another size) has a note and the measure is taken of the others. Measures of two
sets take all sounds and all true sounds, one that several clips share once, and these are drawn together for
the interval; but by PaSST those of clips that have both (`recipes.py`), as often as there are clips.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import InputError
from ..measures.intervals import interval, mean_influences
from ..measures.table import MEASURES, Measure
from .recipes import RECIPES, OfSets, Recipe
from .usable import ClipFeatures, Usable, remedy, too_few, usable, usable_apart

SILENT = "nothing in the clip to measure it by"
Entry = dict[str, float | int | str | None]


@dataclass(frozen=True)
class Judged:
    """`measures`: name -> {"value", "low", "high", "clips"} or {"left_out": why}; 95 % intervals, None where
    one clip alone was used. Those of two sets have "references" as well: "clips" is of how many sounds,
    "references" of how many true ones.
    `figures`: clip id -> name -> number, of the measures that have one a clip.
    `influences`: clip id -> name -> by how much the measure of the set rises with the clip's weight, of the
    measures that have no number a clip; two runs are compared by them (`measures/intervals.py`).
    `notes`: clip id -> what is wrong with features of it."""

    measures: dict[str, Entry] = field(default_factory=dict)
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    influences: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def judged(
    names: Sequence[str],
    clips: Sequence[ClipFeatures],
    absent: Mapping[str, str] | None = None,
    unheard: Sequence[ClipFeatures] = (),
) -> Judged:
    """The measures `names` (of `MEASURES`) over `clips`, in the order given; same clips, same bytes.

    Call it with all clips, and once more with the clips of each scenario. Ids are unique. `absent`: network
    -> why it can't be asked and the remedy (`networks/finding.py`), which its measures then say. `unheard`:
    clips whose sounds can't be used; their true ones are in the sets of those.
    """
    _check(names, [*clips, *unheard])
    ids = [clip.id for clip in (*clips, *unheard)]
    result = Judged({}, *({clip: {} for clip in ids} for _ in range(2)), {clip: [] for clip in ids})
    for name in names:
        measure = MEASURES[name]
        unasked = [absent[network] for network in measure.networks if absent and network in absent]
        if unasked:
            result.measures[name] = {"left_out": "\n".join(unasked)}
        else:
            result.measures[name] = _entry(measure, clips, unheard, result)
    return result


def _check(names: Sequence[str], clips: Sequence[ClipFeatures]) -> None:
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise InputError(f'There is no measure "{unknown[0]}".', f"There are {', '.join(MEASURES)}.")
    twice = [clip for clip, count in Counter(clip.id for clip in clips).items() if count > 1]
    if twice:
        raise InputError(f'{len(twice)} ids stand for more than one clip, as "{twice[0]}": make them unique.')


def _entry(
    measure: Measure, clips: Sequence[ClipFeatures], unheard: Sequence[ClipFeatures], result: Judged
) -> Entry:
    """Of one measure; what it says of single clips goes into `result`."""
    recipe = RECIPES.get(measure.name)
    if recipe is None:
        figures, reasons = _figures(measure, clips, result)
        return _average(measure, figures, len(clips), reasons, result)
    firsts = {clip.id: clip.id for clip in clips} if recipe.paired else _firsts([*clips, *unheard])
    if recipe.paired:
        given, found = [clips], [usable(recipe.sources, clips)]
    else:
        given = [clips, [*clips, *unheard]]
        found = usable_apart(recipe.sources, given)
        found[1] = found[1].once(firsts)
    for own, side in zip(given, found, strict=True):
        _note(side.notes, result)
        if len(side.ids) < measure.fewest:
            return {"left_out": too_few(measure, len(side.ids), len(own), side.reasons)}
    try:
        if recipe.of_sets is not None:
            return _of_sets(measure, recipe.of_sets, found, firsts, result)
        return _measured(measure, recipe, found[0], len(clips), result)
    except (InputError, np.linalg.LinAlgError) as error:
        return {"left_out": str(error)}


def _firsts(clips: Sequence[ClipFeatures]) -> dict[str, str]:
    """Clip -> the first one with its true sound, which stands for all of them."""
    seen: dict[str, str] = {}
    return {clip.id: seen.setdefault(clip.true, clip.id) if clip.true else clip.id for clip in clips}


def _of_sets(
    measure: Measure, of_sets: OfSets, found: Sequence[Usable], firsts: Mapping[str, str], result: Judged
) -> Entry:
    """`found`: of pairs, or of sounds and of true sounds; clips with one first move together."""
    columns = [column for side in found for column in side.columns]
    sounds, references = found[0].ids, found[-1].ids
    ids = list(dict.fromkeys(firsts[clip] for clip in (*sounds, *references)))
    place = {clip: number for number, clip in enumerate(ids)}
    whose = tuple(np.array([place[firsts[clip]] for clip in side]) for side in (sounds, references))
    value, influences = of_sets(*columns, whose)
    _keep_influences(measure, ids, influences, result)
    return {**_numbers(measure, value, influences), "clips": len(sounds), "references": len(references)}


def _measured(measure: Measure, recipe: Recipe, found: Usable, clips: int, result: Judged) -> Entry:
    if recipe.of_set is not None:
        value, influences = recipe.of_set(*found.columns)
        _keep_influences(measure, found.ids, influences, result)
        return _numbers(measure, value, influences)
    each = dict(zip(found.ids, recipe.of_clips(*found.columns), strict=True))
    figures = {clip: float(figure) for clip, figure in each.items() if figure is not None}
    found.reasons[SILENT] += len(each) - len(figures)
    return _average(measure, figures, clips, found.reasons, result)


def _keep_influences(measure: Measure, ids: Sequence[str], moves: np.ndarray, result: Judged) -> None:
    for clip, move in zip(ids, moves.tolist(), strict=True):
        result.influences[clip][measure.name] = move


def _figures(
    measure: Measure, clips: Sequence[ClipFeatures], result: Judged
) -> tuple[dict[str, float], Counter[str]]:
    """Of the waves: those that are finite, and why clips have none."""
    kept: dict[str, float] = {}
    reasons: Counter[str] = Counter()
    for clip in clips:
        figure = clip.figures.get(measure.name)
        if measure.name not in clip.figures:
            reasons[f"it was not measured{remedy(measure.needs)}"] += 1
        elif figure is None:
            reasons[SILENT] += 1
        elif not math.isfinite(figure):
            reasons["it is not a finite number"] += 1
            _note([(clip.id, f"{measure.name} is {figure}, not a finite number")], result)
        else:
            kept[clip.id] = float(figure)
    return kept, reasons


def _average(
    measure: Measure, figures: dict[str, float], clips: int, reasons: Counter[str], result: Judged
) -> Entry:
    if len(figures) < measure.fewest:
        return {"left_out": too_few(measure, len(figures), clips, reasons)}
    for clip, figure in figures.items():
        result.figures[clip][measure.name] = figure
    values = np.array(list(figures.values()))
    return _numbers(measure, float(values.mean()), mean_influences(values))


def _numbers(measure: Measure, value: float, influences: np.ndarray) -> Entry:
    """The interval ends where the measure does."""
    low, high = (
        end if end is None else float(np.clip(end, *measure.limits)) for end in interval(value, influences)
    )
    return {"value": value, "low": low, "high": high, "clips": len(influences)}


def _note(notes: list[tuple[str, str]], result: Judged) -> None:
    for clip, text in notes:
        if text not in result.notes[clip]:
            result.notes[clip].append(text)
