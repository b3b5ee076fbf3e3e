"""The report of `evaluate clips`: clips.csv and report.html, from what result.json holds; and compared.html
of two results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...files.whole_file import made_folder, whole_file
from ...progress import Progress, silent
from .against import compared, write_pairs
from .clip_csv import ESCAPED, write_clip_csv
from .measured import figures_of
from .page import compared_page, judged_page


def write_report(result: dict[str, Any], folder: Path, progress: Progress = silent) -> None:
    """clips.csv and report.html into `folder`; the same result gives the same bytes."""
    made_folder(folder, "the folder of the report")
    figures = [measure.name for measure in figures_of(result["clips"])]
    write_clip_csv(folder / "clips.csv", result["clips"], figures)
    _write(folder / "report.html", judged_page(result, folder, progress=progress))


def write_comparison(
    this: dict[str, Any], other: dict[str, Any], folders: tuple[Path, Path], progress: Progress = silent
) -> None:
    """compared.csv and compared.html into the first of the `folders` of the two results. InputError where
    they share no clip."""
    names = tuple(
        result.get("name") or folder.name for result, folder in zip((this, other), folders, strict=True)
    )
    if names[0] == names[1]:
        names = tuple(str(folder) for folder in folders)
    found = compared(this, other, names)
    seconds = max(float(result.get("seconds") or 8.0) for result in (this, other))
    write_pairs(folders[0] / "compared.csv", found)
    _write(folders[0] / "compared.html", compared_page(found, folders, seconds, progress=progress))


def _write(path: Path, text: str) -> None:
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8", errors=ESCAPED, newline="\n")
