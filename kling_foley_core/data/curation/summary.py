"""A curation in numbers: what is used, by split, pair and class, and what is not, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .curate import Curation
from .windows import Window

NONE = "none"


@dataclass(frozen=True)
class Line:
    """`group`: "" or what `name` is one of. `count`: of windows, or of what is not used. `hours`: of
    windows or pieces; None where there are none."""

    group: str
    name: str
    count: int
    hours: float | None


def summary(curation: Curation) -> Iterator[Line]:
    """Windows as a whole and by what they are, then rejected rows, clips and pieces by reason."""
    yield _line("", "windows", curation.windows)
    for group, key in GROUPS.items():
        names = Counter(key(window) for window in curation.windows)
        for name in sorted(names):
            yield _line(group, name, [window for window in curation.windows if key(window) == name])
    yield Line("", "clips", len(curation.clips), None)
    if without := sum(not clip.caption for clip in curation.clips):
        yield Line("clips", "no caption", without, None)
    yield Line("", "not used", len(curation.rejected), None)
    for reason, count in Counter(rejected.reason for rejected in curation.rejected).most_common():
        pieces = [curation.pieces.get(r.id) for r in curation.rejected if r.reason == reason]
        hours = sum(piece.seconds for piece in pieces if piece) / 3600
        yield Line("not used", reason, count, hours or None)


def as_text(lines: Iterator[Line]) -> Iterator[str]:
    """One row each, in columns."""
    for line in lines:
        name = f"  {line.group}: {line.name}" if line.group else line.name
        hours = "" if line.hours is None else f"{line.hours:10.3f} h"
        yield f"{name:32s}{line.count:9d}{hours}"


def _made_of(window: Window) -> str:
    return "one clip" if len(window.pieces) == 1 else "several clips"


GROUPS: dict[str, Callable[[Window], str]] = {
    "split": lambda window: window.split,
    "pair": lambda window: window.pieces[0].clip.pair,
    "class": lambda window: window.kind or NONE,
    "licence": lambda window: window.licence or NONE,
    "made of": _made_of,
}


def _line(group: str, name: str, windows: list[Window] | tuple[Window, ...]) -> Line:
    return Line(group, name, len(windows), sum(window.seconds for window in windows) / 3600)
