"""Clips of manifests for tests; their files are never opened."""

from __future__ import annotations

from pathlib import Path

from kling_foley_core.data.curation import Cutting
from kling_foley_core.data.manifest import Clip, Label

EIGHT = Cutting(seconds=8.0, least=8.0, augment=0.0, seed=0)


def film(name: str, caption: str = "", *, start: float = 0.0, split: str = "train", **words) -> Clip:
    labels = tuple(Label(*label) for label in words.pop("labels", ()))
    return Clip(
        id=name,
        video=Path(f"{name}.mp4"),
        audio=None,
        caption=caption,
        start=start,
        seconds=None,
        split=split,
        licence=words.get("licence", ""),
        kind=words.get("kind", ""),
        labels=labels,
        place=f"{name}.mp4",
    )
