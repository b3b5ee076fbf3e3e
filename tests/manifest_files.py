"""Tables of clips and the files they name, and what of a table was not taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def made(folder: Path, *names: str, text: str = "media") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def reasons(manifest: Any) -> dict[str, str]:
    """Why each row that was not taken wasn't, of any kind of manifest."""
    return {row.id: row.reason for row in manifest.rejected}
