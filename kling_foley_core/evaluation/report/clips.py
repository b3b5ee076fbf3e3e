"""The report of `evaluate clips`: clips.csv and report.html, from what result.json holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...files.whole_file import made_folder
from .clip_csv import write_clip_csv


def write_report(result: dict[str, Any], folder: Path) -> None:
    """Both files into `folder`; the same result gives the same bytes."""
    made_folder(folder, "the folder of the report")
    figures = sorted({name for clip in result["clips"] for name in clip.get("figures", {})})
    write_clip_csv(folder / "clips.csv", result["clips"], figures)
