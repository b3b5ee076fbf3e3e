"""Foley World's scenes as films, with a manifest that says of them what their samples say: the same data
whether it goes through films or not."""

from __future__ import annotations

import json
from pathlib import Path

from ..files.whole_file import whole_file
from ..foley_world import truth_of, write_clip
from ..progress import Progress, silent
from .world import WorldPlan, labels_of

MANIFEST = "manifest.jsonl"


def write_films(plan: WorldPlan, folder: Path, progress: Progress = silent) -> list[Path]:
    """A film, truth, caption and picture of each scene, and the manifest, last. Returns the films."""
    films, rows = [], []
    for index in range(plan.clips):
        progress("world", index, plan.clips)
        scene = plan.scene(index)
        film = write_clip(scene, folder)
        films.append(film)
        row = {
            "id": film.stem,
            "video": film.name,
            "caption": scene.caption,
            "split": plan.split(index),
            "kind": "world",
            "labels": labels_of(truth_of(scene)),
        }
        rows.append(json.dumps(row) + "\n")
    with whole_file(folder / MANIFEST) as draft:
        draft.write_text("".join(rows), encoding="utf-8")
    progress("world", plan.clips, plan.clips)
    return films
