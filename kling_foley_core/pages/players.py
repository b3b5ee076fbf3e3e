"""Players in a page: a film or a sound where it lies, loaded when it is played. All text is escaped."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

SOUNDS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff"})


def player(
    folder: Path,
    file: Path,
    poster: str = "",
    part: tuple[float, float] | None = None,
    *,
    muted: bool = False,
) -> str:
    """`file` as seen from a page in `folder`. `poster`: address of the picture that a film shows before it is
    played; `part`: start and end in seconds."""
    source = link(folder, file) + (f"#t={part[0]:g},{part[1]:g}" if part else "")
    if file.suffix.lower() in SOUNDS:
        return f'<audio controls preload="none" src="{source}"></audio>'
    shown = f' poster="{poster}"' if poster else ""
    return f'<video controls preload="none"{" muted" if muted else ""}{shown} src="{source}"></video>'


def link(folder: Path, file: Path) -> str:
    """Relative where it can be (another drive has no relative path), so that both can move together."""
    try:
        return escape(quote(Path(os.path.relpath(file, folder)).as_posix()))
    except ValueError:
        return escape(file.absolute().as_uri())
