"""compared.html: two results over the same clips, from the measures down to every pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ....pages import histogram
from ....progress import Progress, silent
from ...measures.table import Measure
from ..against import Clip, Compared, Difference, both
from .bars import interval_bar
from .chosen import hearing_order
from .data import columns, page_data, rows
from .frame import Frame, page, tile
from .heard import BUDGET, ClipFiles, Track, heard_clips
from .judged import clip_onsets, file_of, film_of, heard_section, reference_of
from .measures import group_rows
from .numbers import heading, interval, number

LEADS = {"this": "this", "other": "the other", "": "not clear"}
KINDS = {"this": "ours", "other": "worse", "": "unclear"}  # classes of the bars


def compared_page(
    found: Compared,
    folders: tuple[Path, Path],
    seconds: float,
    budget: int = BUDGET,
    progress: Progress = silent,
) -> str:
    """`folders` of the two results: paths of clips are tried from there too."""
    clips = [_clip(pair, found.differences) for pair in found.pairs]
    measures = [d.measure for d in found.differences if any(d.measure.name in c["figures"] for c in clips)]
    apart = [{**clip, "figures": {k: a - b for k, (a, b) in clip["figures"].items()}} for clip in clips]
    order = hearing_order(apart, measures)
    files = {pair[0]["id"]: _files(pair, found.names, folders) for pair in found.pairs}
    heard = heard_clips((files[name] for name in order), len(order), seconds, budget, progress)
    return page(
        Frame(
            template="compared.html",
            title=f"{found.names[0]} against {found.names[1]}",
            about=f"this: {escape(found.names[0])} · the other: {escape(found.names[1])}",
            tiles="".join(_tiles(found)),
            rows="pairs",
            said="differences; compared.csv has both figures of each",
            csv="compared.csv",
        ),
        data=page_data(measures=columns(measures), clips=rows(clips, measures), heard=heard, kind="compared"),
        only="".join([*_unlike(found), *_only(found)]),
        measures=_measures(found.differences),
        histograms="".join(_histograms(measures, apart)),
        heard=heard_section(
            len(heard),
            len(clips),
            budget,
            "Clips that differ most",
            ("This is better", "The other is better"),
        ),
    )


def _clip(pair: tuple[Clip, Clip], differences: Sequence[Difference]) -> dict[str, Any]:
    """As this result lists it, with both figures of a measure."""
    names = [difference.measure.name for difference in differences]
    return {**pair[0], "figures": {name: found for name in names if (found := both(pair, name))}}


def _files(pair: tuple[Clip, Clip], names: tuple[str, str], folders: tuple[Path, Path]) -> ClipFiles:
    this, _ = pair
    _, true = clip_onsets(this)
    tracks = [
        Track(words, file_of(clip.get("sound"), folder), 0.0, clip_onsets(clip)[0], true)
        for words, clip, folder in zip(
            (f"this: {names[0]}", f"the other: {names[1]}"), pair, folders, strict=True
        )
    ]
    return ClipFiles(*film_of(this, folders[0]), (*tracks, *reference_of(this, folders[0])))


def _tiles(found: Compared) -> Iterator[str]:
    yield tile(len(found.pairs), f"clip{'s' * (len(found.pairs) != 1)} judged in both")
    leads = [difference.better for difference in found.differences if difference.measure.better != "none"]
    for lead, words in (("this", "this is better"), ("other", "the other is better"), ("", "not clear")):
        yield tile(leads.count(lead), f"measure{'s' * (leads.count(lead) != 1)}: {words}")


def _unlike(found: Compared) -> Iterator[str]:
    if found.unlike:
        yield f'<p class="panel note">Not judged alike: {escape("; ".join(found.unlike))}.</p>'


def _only(found: Compared) -> Iterator[str]:
    for which, without in (("this", found.only_this), ("the other", found.only_other)):
        if without:
            rows = "<br>".join(escape(f"{name}: {why}") for name, why in without.items())
            yield (
                f'<details class="panel note"><summary>{len(without)} judged only in {which}, left out here'
                f"</summary><p>{rows}</p></details>"
            )


def _measures(differences: Sequence[Difference]) -> str:
    found = {difference.measure.name: difference for difference in differences}
    return group_rows(
        [difference.measure for difference in differences], lambda m: _row(found[m.name]), columns=7
    )


def _row(d: Difference) -> str:
    places = d.measure.places
    taken = f"mean of {d.clips} clip{'s' * (d.clips != 1)}" if d.measure.kind == "clip" else _sets(d)
    cells = [
        f'<td class="number"><span class="side">this </span>{number(d.this, places)}</td>',
        f'<td class="number"><span class="side">other </span>{number(d.other, places)}</td>',
        f'<td class="number"><b>{number(d.value, places, signed=True)}</b></td>',
        f'<td class="number interval">{interval(d.low, d.high, places, signed=True)}</td>',
    ]
    drawn = interval_bar(d.value, d.low, d.high, kind=KINDS[d.better])
    lead = "" if d.measure.better == "none" else "counts differ" if d.uneven else LEADS[d.better]
    return (
        f'<tr><th scope="row">{heading(d.measure)}<small>{taken}</small></th>{"".join(cells)}'
        f'<td class="drawn">{drawn}</td><td class="lead {KINDS[d.better]}">{lead}</td></tr>'
    )


def _sets(d: Difference) -> str:
    """How many sounds and true sounds, of both where they differ."""
    sides = [
        ", ".join(f"{count} {'sounds' if key == 'clips' else key}" for key, count in own.items())
        for own in d.sets
    ]
    return f"as a set: {' <br>against '.join(map(escape, dict.fromkeys(sides)))}"


def _histograms(measures: Sequence[Measure], apart: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    drawn = []
    for m in measures:
        values = [clip["figures"][m.name] for clip in apart if m.name in clip["figures"]]
        above = sum(value > 0 for value in values)
        note = f"{m.unit} this − other; {above} of {len(values)} above 0".strip()
        drawn.append(histogram(m.heading, note, {"used": values}, 0.0, "equal"))
    if drawn:
        yield f'<h2>Differences of clips</h2><div class="histograms">{"".join(drawn)}</div>'
