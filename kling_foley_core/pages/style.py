"""The style sheet, to be written into a page: a page needs no other file for it."""

from __future__ import annotations

from importlib.resources import files


def style() -> str:
    """Its first lines name the colours, light and dark as the reader has it."""
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")
