"""index.html: a page that needs no server and no network, beside its pictures; players use the clips where
they lie. All text is escaped: captions come from strangers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from html import escape
from importlib.resources import files
from itertools import islice
from pathlib import Path
from string import Template

from ....files.whole_file import made_folder, whole_file
from ....pages import style
from ....progress import Progress, silent
from ..check_table import write_check_table
from ..curate import Curation
from ..limits import AT_MOST, UNITS, Limits, measured
from ..summary import Line, summary
from .card import card, why
from .histogram import limit_histogram
from .listing import MOST, write_rows
from .shown import shown_rejected, shown_used

STAGE = "draw the page"
SHOWN = 60  # used and rejected ones each
WORKERS = 4


def write_page(folder: Path, curation: Curation, shown: int = SHOWN, progress: Progress = silent) -> Path:
    """Writes index.html, rows.js, check.csv and pictures/ in `folder`; returns the page. `shown`: used and
    rejected pieces that have pictures."""
    made_folder(folder / "pictures", "the folder of the page")
    write_check_table(folder / "check.csv", curation)
    rows = write_rows(folder / "rows.js", curation)
    used, rejected = _cards(folder, curation, shown, progress)
    lines = list(summary(curation))
    text = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8")).substitute(
        style=style(),
        title=escape(curation.manifest.name or str(curation.manifest)),
        path=escape(str(curation.manifest)),
        tiles="".join(_tile(line) for line in lines if not line.group),
        reasons=_bars([line for line in lines if line.group == "not used"]),
        groups=_groups(lines),
        notes="".join(f'<p class="panel note">{escape(note)}</p>' for note in curation.notes),
        histograms="".join(_histograms(curation)),
        used="".join(used) or "<p>None.</p>",
        rejected="".join(rejected) or "<p>None.</p>",
        rows_note=f"The first {MOST} of {rows}; check.csv has all." if rows > MOST else f"All {rows}.",
    )
    with whole_file(folder / "index.html") as draft:
        draft.write_text(text, encoding="utf-8")
    return folder / "index.html"


def _cards(folder: Path, curation: Curation, shown: int, progress: Progress) -> tuple[list[str], list[str]]:
    used = [(piece, None) for piece in shown_used(curation, shown)]
    rejected = [(piece, reason) for reason, piece in shown_rejected(curation, shown)]

    def drawn(numbered: tuple) -> str:
        number, (piece, reason) = numbered
        if piece is None:
            return f'<article>{why(reason)}<p class="facts"><b>{escape(reason.id)}</b></p></article>'
        return card(folder, number, piece, curation.measures[piece.id], reason)

    cards, total = [], len(used) + len(rejected)
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, made in enumerate(pool.map(drawn, enumerate([*used, *rejected])), start=1):
            cards.append(made)
            progress(STAGE, done, total)
    return cards[: len(used)], cards[len(used) :]


def _histograms(curation: Curation) -> Iterator[str]:
    refused = {rejected.id for rejected in curation.rejected}
    for field in fields(Limits):
        found: dict[bool, list[float]] = {True: [], False: []}
        for name, measures in curation.measures.items():
            value = measured(measures, field.name)
            if value is not None:
                found[name not in refused].append(value)
        limit, unit = getattr(curation.limits, field.name), UNITS[field.name]
        yield limit_histogram(field.name, unit, found[True], found[False], limit, field.name in AT_MOST)


def _tile(line: Line) -> str:
    hours = "" if line.hours is None else f"<small>{_hours(line.hours)}</small>"
    return f"<div><b>{line.count}</b>{escape(line.name)}{hours}</div>"


def _bars(lines: list[Line]) -> str:
    """Counts by reason."""
    most = max((line.count for line in lines), default=1)
    return "".join(
        f'<tr><th>{escape(line.name)}</th><td class="number">{line.count}</td><td class="bar">'
        f'<span style="width:{100 * line.count / most:.1f}%"></span></td></tr>'
        for line in lines
    ) or "<tr><td>Everything is used.</td></tr>"  # fmt: skip


def _groups(lines: list[Line]) -> str:
    """Windows and hours by split, pair, class and the like."""
    rows, before = [], None
    for line in lines:
        if not line.group or line.group in ("clips", "not used"):
            continue
        head = line.group if line.group != before else ""
        before = line.group
        hours = _hours(line.hours or 0.0)
        rows.append(
            f'<tr><th>{escape(head)}</th><td>{escape(line.name)}</td><td class="number">{line.count}</td>'
            f'<td class="number">{hours}</td></tr>'
        )
    return "".join(islice(rows, 200)) or "<tr><td>Nothing is used.</td></tr>"


def _hours(hours: float) -> str:
    return f"{hours:.2f} h" if hours >= 1 else f"{60 * hours:.1f} min"
