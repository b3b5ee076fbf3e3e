"""The measures of a whole result: a table with intervals, what was left out and why, published values beside
ours, and a row a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from ...measures.table import Measure
from ...networks.catalogue import NETWORKS
from ..measured import left_out as by_reason
from ..measured import measures_of
from ..published import Published
from .bars import interval_bar
from .numbers import heading, interval, number

GROUPS = {
    "paper": "by the networks that papers use",
    "yamnet": "by YAMNet, not comparable with papers",
    "speech": "speech",
    "signal": "of the waves",
}
Values = Mapping[str, Mapping[str, Any]]  # "measures" of a result or a scenario


def measured(values: Values) -> list[Measure]:
    """Those with a value."""
    return measures_of(name for name, found in values.items() if found.get("value") is not None)


def measure_table(values: Values, tables: Sequence[Published]) -> str:
    """Rows by group; under each measure the networks it is taken by."""

    def row(measure: Measure) -> str:
        found = values[measure.name]
        value, low, high = found["value"], found.get("low"), found.get("high")
        others = [
            float(ours[measure.name])
            for table in tables
            for ours in table.methods.values()
            if measure.name in ours
        ]
        by = f"<small>{escape(_taken_by(measure))}</small>"
        return (
            f'<tr><th scope="row">{heading(measure)}{by}</th>'
            f'<td class="number"><b>{number(value, measure.places)}</b></td>'
            f'<td class="number interval">{interval(low, high, measure.places)}</td>'
            f'<td class="drawn">{interval_bar(value, low, high, others)}</td>'
            f'<td class="number clips">{_count(found)}</td></tr>'
        )

    return group_rows(measured(values), row, columns=5)


def group_rows(measures: Sequence[Measure], row: Callable[[Measure], str], columns: int) -> str:
    """The row of each measure, under the heading of its group."""
    rows, before = [], None
    for measure in measures:
        if measure.group != before:
            before = measure.group
            words = GROUPS.get(before, "others")
            rows.append(f'<tr class="group"><th colspan="{columns}" scope="rowgroup">{words}</th></tr>')
        rows.append(row(measure))
    return "".join(rows) or f'<tr><td colspan="{columns}">None could be taken.</td></tr>'


def _count(found: Mapping[str, Any]) -> str:
    """How many clips, and how many true sounds where both sides are sets of their own."""
    clips = f"{escape(str(found.get('clips', '')))}<span> clips</span>"
    if "references" not in found:
        return clips
    return f"{clips}<small>{escape(str(found['references']))} references</small>"


def _taken_by(measure: Measure) -> str:
    kind = "of all clips as a set" if measure.kind == "set" else "mean of clips"
    names = [NETWORKS[name].heading if name in NETWORKS else name for name in measure.networks]
    return f"{kind}, by {' and '.join(names)}" if names else kind


def left_out(values: Values) -> str:
    """Rows: the measures that share a reason; the reason and the remedy."""
    rows = []
    for why, names in by_reason(values).items():
        headings = ", ".join(measure.heading for measure in measures_of(names))
        rows.append(f'<tr><th scope="row">{escape(headings)}</th><td>{escape(why)}</td></tr>')
    return "".join(rows)


def scenario_table(scenarios: Mapping[str, Mapping[str, Any]]) -> str:
    """A whole <table>: scenarios by name; the best of a column is bold."""
    values = {name: scenario.get("measures", {}) for name, scenario in scenarios.items()}
    columns = measures_of(
        name for own in values.values() for name, found in own.items() if found.get("value") is not None
    )
    best = {measure.name: _best(measure, values) for measure in columns}
    head = "".join(f'<th scope="col" class="number">{heading(measure)}</th>' for measure in columns)
    rows = []
    for name in sorted(values):
        cells = "".join(_cell(values[name].get(m.name, {}), m, best[m.name]) for m in columns)
        clips = escape(str(scenarios[name].get("clips", "")))
        rows.append(f'<tr><th scope="row">{escape(name)}</th><td class="number">{clips}</td>{cells}</tr>')
    return (
        '<table class="wide"><thead><tr><th scope="col">Scenario</th>'
        f'<th scope="col" class="number">Clips</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _best(measure: Measure, values: Mapping[str, Values]) -> float | None:
    found = [own[measure.name]["value"] for own in values.values() if "value" in own.get(measure.name, {})]
    if measure.better == "none" or len(found) < 2:
        return None
    return min(found) if measure.better == "lower" else max(found)


def _cell(found: Mapping[str, Any], measure: Measure, best: float | None) -> str:
    value = found.get("value")
    if value is None:
        return f'<td class="number" title="{escape(str(found.get("left_out", "")))}">–</td>'
    text = number(value, measure.places)
    range_ = interval(found.get("low"), found.get("high"), measure.places)
    return f'<td class="number">{f"<b>{text}</b>" if value == best else text}<small>{range_}</small></td>'


def published_table(name: str, values: Values, table: Published) -> str:
    """The source, and a whole <table>: this run, then what was printed there."""
    columns = [m for m in measured(values) if any(m.name in own for own in table.methods.values())]
    head = "".join(f'<th scope="col" class="number">{heading(measure)}</th>' for measure in columns)
    ours = "".join(
        f'<td class="number"><b>{number(values[m.name]["value"], m.places)}</b></td>' for m in columns
    )
    rows = [f'<tr class="this"><th scope="row">{escape(name)} <small>this run</small></th>{ours}</tr>']
    for method, printed in table.methods.items():
        cells = "".join(f'<td class="number">{printed.get(m.name, "–")}</td>' for m in columns)
        rows.append(f'<tr><th scope="row">{escape(method)} <small>published</small></th>{cells}</tr>')
    return (
        f'<p class="source">{escape(table.clips)}, as printed by <a rel="noreferrer" '
        f'href="{escape(table.address)}">{escape(table.source)}</a></p><table class="wide"><thead><tr>'
        f'<th scope="col">System</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
