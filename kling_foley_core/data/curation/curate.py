"""From a manifest to windows: clips are measured, compared with the limits, and cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...progress import Progress, silent
from ..manifest import Clip, Manifest, Rejected
from .windows import Cutting, Piece, Window

if TYPE_CHECKING:
    from .limits import Limits
    from .measures import Measures


@dataclass(frozen=True)
class Curation:
    """`clips`: all that the manifest holds, used or not; `pieces`: what they were cut to, by `Piece.id`, and
    what was measured of each that could be read. `rejected`: by the id of a row, a clip or a piece, what no
    window holds, each with its reason."""

    clips: tuple[Clip, ...]
    pieces: Mapping[str, Piece]
    measures: Mapping[str, Measures]
    windows: tuple[Window, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


def curate(
    manifest: Manifest,
    limits: Limits,
    cutting: Cutting,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Curation:
    """`cache`: a folder that keeps measures, so that an interrupted run goes on. Raises InputError where
    nothing is left."""
    raise InputError(f"{manifest.path}: clips can't be measured yet.")
