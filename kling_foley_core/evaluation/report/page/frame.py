"""A page around its parts: style and script inside of it, and a policy by which nothing else runs or
loads."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from ....pages import style


@dataclass(frozen=True)
class Frame:
    """`template` of what stands before the table of all `rows`, of which something is `said`; what stands
    `after` it. `title` is text, the rest HTML."""

    template: str
    title: str
    about: str
    tiles: str
    rows: str
    said: str
    csv: str  # the file beside the page that has all figures
    filters: str = ""  # of the table, besides scenario and words
    after: str = ""


def page(frame: Frame, data: str, **parts: str) -> str:
    """The whole HTML. `parts` of the template are HTML, `data` JSON by `page_data`."""
    script = _own("clips.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    values = {**vars(frame), "title": escape(frame.title), "style": style() + _own("clips.css")}
    inside = Template(_own(frame.template)).substitute(parts)
    return Template(_own("frame.html")).substitute(
        values, inside=inside, data=data, script=script, digest=digest
    )


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def tile(count: object, words: str) -> str:
    return f"<div><b>{escape(str(count))}</b>{escape(words)}</div>"


def panel(inside: str) -> str:
    return f'<div class="panel">{inside}</div>'
