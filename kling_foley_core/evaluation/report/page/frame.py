"""A page around its parts: style and script inside of it, and a policy by which nothing else runs or
loads."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from string import Template

from ....pages import style


def page(template: str, title: str, data: str, **parts: str) -> str:
    """The whole HTML. `parts` are HTML, `title` is text, `data` JSON by `page_data`."""
    script = _own("clips.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    head = Template(_own("head.html")).substitute(
        title=escape(title), style=style() + _own("clips.css"), digest=digest
    )
    return Template(_own(template)).substitute(
        head=head, title=escape(title), data=data, script=script, **parts
    )


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def tile(count: object, words: str) -> str:
    return f"<div><b>{escape(str(count))}</b>{escape(words)}</div>"


def panel(inside: str) -> str:
    return f'<div class="panel">{inside}</div>'
