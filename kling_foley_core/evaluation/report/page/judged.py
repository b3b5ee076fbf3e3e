"""report.html: one result, from what was judged down to every clip."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ....pages import histogram
from ....progress import Progress, silent
from ...measures.table import Measure
from ..measured import JUDGED, NOT_JUDGED, PARTLY, figures_of
from ..published import Published, published
from .chosen import hearing_order
from .data import columns, page_data, rows
from .frame import Frame, page, panel, tile
from .heard import BUDGET, ClipFiles, Track, heard_clips
from .measures import left_out, measure_table, measured, published_table, scenario_table
from .numbers import number

MOST_LISTED = 500  # clips that were not judged; clips.csv has all
KEY = (
    '<span class="key ours">value and interval</span>'
    '<span class="key published">published by others, on other clips</span>'
)
STATE = '<label>State <select data-filter="2"><option value="">all</option></select></label>\n'
CAUTION = (
    "Printed by their authors, not measured here. They compare with this run only on the same clips: a "
    "Fréchet distance and an inception score depend on how many there are."
)


def judged_page(
    result: Mapping[str, Any], folder: Path, budget: int = BUDGET, progress: Progress = silent
) -> str:
    """`folder`: where the page will lie; paths of clips that lead nowhere are tried from there and above."""
    clips, values = result["clips"], result["measures"]
    measures = figures_of(clips)
    usable = [clip for clip in clips if clip.get("state") != NOT_JUDGED]
    order = hearing_order(usable, measures)
    files = {clip["id"]: _files(clip, folder) for clip in usable}
    heard = heard_clips((files[name] for name in order), len(order), _seconds(result), budget, progress)
    tables = published([measure.name for measure in measured(values)])
    return page(
        Frame(
            template="judged.html",
            title=f"{result.get('name') or 'Evaluation'}: {len(clips)} clip{'s' * (len(clips) != 1)}",
            about=escape(_about(result)),
            tiles="".join(_tiles(result)),
            rows="clips",
            said="clips.csv says the same as a table",
            csv="clips.csv",
            filters=STATE,
            after=_settings(result),
        ),
        data=page_data(measures=columns(measures), clips=rows(clips, measures), heard=heard, kind="judged"),
        key=KEY if tables else "",
        measures=measure_table(values, tables),
        left_out=_left_out(result),
        published=_published(result, tables),
        scenarios=_scenarios(result),
        histograms=_section("Figures of clips", "".join(_histograms(clips, measures)), "histograms"),
        heard=heard_section(len(heard), len(usable), budget, "Best and worst clips", ("Best", "Worst")),
        not_judged=_not_judged(clips),
    )


def file_of(path: str | None, folder: Path) -> Path | None:
    """As given, or as seen from the report's folder or one above it: paths are those that the evaluation was
    given where it ran."""
    if not path:
        return None
    above = folder.absolute()
    seen = (Path(path), *(start / path for start in (above, *above.parents)))
    return next(filter(os.path.exists, seen), Path(path))


def _files(clip: Mapping[str, Any], folder: Path) -> ClipFiles:
    sound, true = clip_onsets(clip)
    tracks = [Track("judged sound", file_of(clip.get("sound"), folder), 0.0, sound, true)]
    return ClipFiles(*film_of(clip, folder), (*tracks, *reference_of(clip, folder)))


def film_of(clip: Mapping[str, Any], folder: Path) -> tuple[str, Path | None, float, float | None]:
    """The id, the film, where in it the clip begins, and how long it is."""
    return clip["id"], file_of(clip.get("film"), folder), clip.get("start") or 0.0, clip.get("seconds")


def reference_of(clip: Mapping[str, Any], folder: Path) -> list[Track]:
    """Begins with the clip where it is the film's own sound, else with its file."""
    path = clip.get("reference")
    if not path:
        return []
    start = (clip.get("start") or 0.0) if path == clip.get("film") else 0.0
    return [Track("reference", file_of(path, folder), start, clip_onsets(clip)[1])]


def clip_onsets(clip: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Seconds of the judged sound's onsets and of the reference's."""
    found = clip.get("onsets") or {}
    return found.get("sound") or [], found.get("reference") or []


def _seconds(result: Mapping[str, Any]) -> float:
    return float(result.get("seconds") or 8.0)


def _about(result: Mapping[str, Any]) -> str:
    told = {"manifest": result.get("manifest"), **(result.get("settings") or {})}
    words = [f"{name} {told[name]}" for name in ("manifest", "model", "pred", "reference") if told.get(name)]
    return " · ".join([*words, f"at most {_seconds(result):g} s of each clip"])


def _tiles(result: Mapping[str, Any]) -> Iterator[str]:
    states = [clip.get("state", "") for clip in result["clips"]]
    for state in (JUDGED, PARTLY, NOT_JUDGED):
        if state in states or state == JUDGED:
            yield tile(states.count(state), "judged in part" if state == PARTLY else state)
    taken = len(measured(result["measures"]))
    yield tile(taken, f"of {len(result['measures'])} measures taken")
    if result["scenarios"]:
        yield tile(len(result["scenarios"]), "scenarios")


def _left_out(result: Mapping[str, Any]) -> str:
    rows = left_out(result["measures"])
    table = panel(f'<table class="missing">{rows}</table>')
    return f"<h2>Left out <small>and what it takes</small></h2>{table}" if rows else ""


def _published(result: Mapping[str, Any], tables: Sequence[Published]) -> str:
    name = result.get("name") or "this run"
    drawn = "".join(panel(published_table(name, result["measures"], table)) for table in tables)
    return (
        f'<h2>Published numbers</h2><p class="note">{CAUTION}</p><div class="stack">{drawn}</div>'
        if drawn
        else ""
    )


def _scenarios(result: Mapping[str, Any]) -> str:
    if not result["scenarios"]:
        return ""
    table = panel(scenario_table(result["scenarios"]))
    return f"<h2>By scenario <small>bold: the best of its column</small></h2>{table}"


def _section(title: str, inside: str, kind: str) -> str:
    return f'<h2>{title}</h2><div class="{kind}">{inside}</div>' if inside else ""


def _histograms(clips: Sequence[Mapping[str, Any]], measures: Sequence[Measure]) -> Iterator[str]:
    for m in measures:
        figures = [clip.get("figures", {}).get(m.name) for clip in clips]
        values = [value for value in figures if value is not None]
        mean = float(np.mean(values))
        count = f"{len(values)} clip{'s' * (len(values) != 1)}"
        note = f"{m.unit}, {count}" if m.unit else count
        yield histogram(m.heading, note, {"used": values}, mean, f"mean {number(mean, m.places)}")


def heard_section(heard: int, total: int, budget: int, title: str, ends: tuple[str, str]) -> str:
    """Where the script puts the clips at both `ends` of a measure that the reader chooses."""
    if not total:
        return ""
    if heard == total:
        note = "Sound and pictures of every clip that could be judged are in this page."
    else:
        note = (
            f"Sound and pictures of {heard} of {total} clips are in this page, those at both ends of each "
            f"measure first: more would make it larger than {budget / 2**20:.3g} MB."
        )
    return (
        f'<section data-ends><h2>{title}</h2><p class="note">{note}</p>'
        '<div class="filters"><label>By <select data-measure></select></label></div>'
        '<p class="legend"><span class="mark true">▼</span> onset of the reference '
        '<span class="mark heard">▲</span> onset that is heard</p>'
        f'<h3>{ends[0]}</h3><div class="cards" data-first></div>'
        f'<h3>{ends[1]}</h3><div class="cards" data-second></div></section>'
    )


def _not_judged(clips: Sequence[Mapping[str, Any]]) -> str:
    found = [clip for clip in clips if clip.get("state") != JUDGED]
    if not found:
        return ""
    listed = "".join(
        f'<tr><th scope="row">{escape(clip["id"])}</th><td>{escape(str(clip.get("state", "")))}</td>'
        f"<td>{escape('; '.join(str(note).removesuffix('.') for note in clip.get('notes') or []))}</td></tr>"
        for clip in found[:MOST_LISTED]
    )
    more = f"; the first {MOST_LISTED} of them, clips.csv has all" if len(found) > MOST_LISTED else ""
    return (
        f"<h2>Not judged, or not by every measure <small>{len(found)} of {len(clips)}{more}</small></h2>"
        '<div class="panel list" tabindex="0" role="region" aria-label="clips not judged">'
        f'<table class="notes">{listed}</table></div>'
    )


def _settings(result: Mapping[str, Any]) -> str:
    found = ""
    for name, value in sorted((result.get("settings") or {}).items()):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        found += f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
    table = panel(f"<table>{found}</table>")
    return f"<details><summary>Settings of this evaluation</summary>{table}</details>\n"
