"""The result of `evaluate clips` as plain JSON: the measures of all clips, of each scenario, and every clip.

Numbers have 6 significant digits, what is nothing but rounding is 0, and keys are sorted: the same clips give
the same bytes, whoever measured them and in how many goes. What could not be had says why.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.manifest import Rejected
from ...files.unicode_text import unicode_text
from ...files.whole_file import whole_file
from .gathering import Gathered
from .judging import Judged, judged
from .pairs import Pair

SCHEMA = 1
DIGITS = 6
NOTHING = 1e-9  # as an FD of two equal sets comes out
JUDGED, PARTLY, NOT = "judged", "partly", "not judged"
Result = dict[str, Any]


def result_of(
    about: Mapping[str, Any],
    names: Sequence[str],
    pairs: Sequence[Pair],
    gathered: Sequence[Gathered],
    rejected: Sequence[Rejected],
    absent: Mapping[str, str],
) -> Result:
    """`about`: name, settings, manifest, seconds. `absent`: network -> why there is nothing of it."""
    whole = _judged(names, gathered, absent)
    clips = [_clip(pair, one, whole) for pair, one in zip(pairs, gathered, strict=True)]
    clips += [_rejected(row) for row in rejected]
    result = {
        "schema": SCHEMA,
        **about,
        "measures": whole.measures,
        "scenarios": _scenarios(names, pairs, gathered, absent),
        "clips": clips,
    }
    return rounded(result)


def _judged(names: Sequence[str], gathered: Sequence[Gathered], absent: Mapping[str, str]) -> Judged:
    heard, unheard = ([one.features for one in gathered if one.heard is state] for state in (True, False))
    return judged(names, heard, absent, unheard)


def write_result(result: Result, path: Path) -> None:
    with whole_file(path) as draft:
        text = json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """Every number in it to 6 significant digits, those below NOTHING 0; what is no number is None. Text is
    Unicode."""
    if isinstance(value, str):
        return unicode_text(value)
    if isinstance(value, Mapping):
        return {unicode_text(str(key)): rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return float(f"{value:.{DIGITS}g}") if abs(value) >= NOTHING else 0.0
    return value


def _scenarios(
    names: Sequence[str], pairs: Sequence[Pair], gathered: Sequence[Gathered], absent: Mapping[str, str]
) -> dict[str, Any]:
    of_scenario: dict[str, list[Gathered]] = {}
    for pair, one in zip(pairs, gathered, strict=True):
        if pair.clip.scenario:
            of_scenario.setdefault(pair.clip.scenario, []).append(one)
    heard = {scenario: sum(one.heard for one in some) for scenario, some in of_scenario.items()}
    return {
        scenario: {"clips": heard[scenario], "measures": _judged(names, some, absent).measures}
        for scenario, some in of_scenario.items()
        if heard[scenario]
    }


def _clip(pair: Pair, one: Gathered, whole: Judged) -> dict[str, Any]:
    clip = pair.clip
    notes = [*one.notes, *whole.notes.get(clip.id, [])]
    return {
        "id": clip.id,
        "scenario": clip.scenario,
        "labels": clip.labels,
        "caption": clip.caption,
        "start": clip.start,
        "seconds": clip.seconds,
        "film": _path(clip.film),
        "sound": _path(pair.sound),
        "reference": _path(pair.reference),
        "state": NOT if not one.heard else PARTLY if notes else JUDGED,
        "notes": notes,
        "figures": whole.figures.get(clip.id, {}),
        "influences": whole.influences.get(clip.id, {}),
        "onsets": one.onsets,
    }


def _rejected(row: Rejected) -> dict[str, Any]:
    empty = {"scenario": "", "labels": [], "caption": "", "start": 0.0, "seconds": None}
    files = dict.fromkeys(("film", "sound", "reference"))
    numbers = {"figures": {}, "influences": {}, "onsets": {}}
    return {"id": row.id, **empty, **files, "state": NOT, "notes": [row.why], **numbers}


def _path(path: Path | None) -> str | None:
    return None if path is None else path.as_posix()
