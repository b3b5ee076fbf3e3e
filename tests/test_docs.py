"""What README and docs point at is there, and every `kling-foley` command they show is one that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kling_foley_core.cli import _parser

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Headings as the forges turn them into anchors."""
    titles = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def commands() -> list[str]:
    blocks = [b for page in PAGES for b in page.read_text(encoding="utf-8").split("```")[1::2]]
    return [line for b in blocks for line in b.splitlines() if line.startswith("kling-foley ")]


@pytest.mark.parametrize("line", commands())
def test_the_command_takes_what_is_shown(line) -> None:
    _parser().parse_args(shlex.split(line, comments=True)[1:])


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
