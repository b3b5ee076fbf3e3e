"""Text that any file in UTF-8 can hold, of names of files that are in no encoding at all."""

from __future__ import annotations


def unicode_text(text: str) -> str:
    """Halves of surrogate pairs, as which Python reads bytes that are no UTF-8, are written as "\\udce9"."""
    return text.encode("utf-8", "backslashreplace").decode()
