"""report.csv, a row a clip, and report.html: a page that needs no server, no network and no other file but
the outputs it plays, which lie beside it. All text is escaped: names and prompts come from strangers."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from ..data.manifest import Rejected
from ..files.whole_file import whole_file
from ..pages import player, style
from .clips import BatchClip
from .outcome import FAILED, KEPT, LEFT, MADE, Facts, Outcome
from .records import Records

COLUMNS = ("id", "state", "why", "video", "start", "output", "prompt", "seed")
MEASURES = ("seconds", "rate", "channels", "loudness", "peak", "took")
_UNBROKEN = "\u00a0"  # a space at which no line ends
Outcomes = Mapping[str, Outcome]  # by the clips' ids


def write_report(
    title: str, clips: Sequence[BatchClip], rejected: Sequence[Rejected], outcomes: Outcomes, records: Records
) -> Path:
    """Of all clips, those without an outcome as not reached; returns the page."""
    all_outcomes = {clip.id: outcomes.get(clip.id, Outcome(LEFT)) for clip in clips}
    with whole_file(records.folder / "report.csv") as draft:
        with draft.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS + MEASURES)
            table.writerows(_rows(clips, rejected, all_outcomes))
    page = records.folder / "report.html"
    with whole_file(page) as draft:
        draft.write_text(_page(title, clips, rejected, all_outcomes, records), encoding="utf-8")
    return page


def _rows(
    clips: Sequence[BatchClip], rejected: Sequence[Rejected], outcomes: Outcomes
) -> Iterator[list[object]]:
    for clip in clips:
        outcome = outcomes[clip.id]
        own = [clip.video, clip.start, clip.output.as_posix(), clip.prompt, clip.seed]
        facts = [getattr(outcome.facts, name, None) for name in MEASURES]
        yield [clip.id, outcome.state, outcome.why, *own, *("" if v is None else v for v in facts)]
    for row in rejected:
        yield [row.id, FAILED, row.why, *[""] * (len(COLUMNS) + len(MEASURES) - 3)]


def _page(
    title: str, clips: Sequence[BatchClip], rejected: Sequence[Rejected], outcomes: Outcomes, records: Records
) -> str:
    failed = [_failure(clip.id, outcomes[clip.id].why) for clip in clips if outcomes[clip.id].state == FAILED]
    failed += [_failure(row.id, row.why) for row in rejected]
    cards = [_card(clip, outcome.facts, records) for clip in clips if (outcome := outcomes[clip.id]).facts]
    left = [clip.id for clip in clips if outcomes[clip.id].state == LEFT]
    return Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8")).substitute(
        style=style(),
        title=escape(title),
        path=escape(str(records.folder)),
        tiles="".join(_tiles(outcomes, len(failed))),
        failed=f"<h2>Failed</h2>{''.join(failed)}" if failed else "",
        left=f'<h2>Not reached</h2><p class="panel note">{escape(", ".join(left))}</p>' if left else "",
        cards="".join(cards) or "<p>None.</p>",
        settings="".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in records.settings.items()
        ),
    )


def _tiles(outcomes: Outcomes, failed: int) -> Iterator[str]:
    states = [outcome.state for outcome in outcomes.values()]
    counts = {MADE: states.count(MADE), KEPT: states.count(KEPT), FAILED: failed, LEFT: states.count(LEFT)}
    for name, count in counts.items():
        if count or name in (MADE, FAILED):
            yield f"<div><b>{count}</b>{name}</div>"
    facts = [outcome.facts for outcome in outcomes.values() if outcome.facts]
    yield f"<div><b>{_time(sum(f.seconds for f in facts))}</b>of sound</div>"
    made = sum(o.facts.took for o in outcomes.values() if o.state == MADE)
    if made:
        yield f"<div><b>{_time(made)}</b>of work</div>"


def _failure(name: str, why: str) -> str:
    return f'<p class="panel note"><span class="reason">{escape(name)}</span> {escape(why)}</p>'


def _card(clip: BatchClip, facts: Facts, records: Records) -> str:
    sound, film = (_embedded(path) for path in records.pictures(clip))
    drawn = f'<img src="{sound}" alt="film, motion, spectrogram, left and right">' if sound else ""
    prompt = escape(clip.prompt) or "<i>no prompt</i>"
    return (
        f"<article>{player(records.folder, records.output(clip), film)}{drawn}<p>{prompt}</p>"
        f'<p class="facts"><b>{escape(clip.id)}</b> {escape(_facts(clip, facts))}</p></article>'
    )


def _facts(clip: BatchClip, facts: Facts) -> str:
    named = [f"seed {clip.seed}", f"{facts.seconds:.1f} s"]
    named.append(f"{facts.rate / 1000:g} kHz {'stereo' if facts.channels == 2 else 'mono'}")
    named.append("silent" if facts.loudness is None else f"{facts.loudness:.1f} LUFS")
    if facts.peak is not None:
        named.append(f"{facts.peak:.1f} dBTP")
    return " · ".join(fact.replace(" ", _UNBROKEN) for fact in named)


def _embedded(path: Path) -> str:
    """The address that is the picture itself; "" where there is none."""
    try:
        return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError:
        return ""


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
