"""Reads a manifest: a table (CSV or JSON lines), a public list or a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError
from .clip import Manifest


def read_manifest(path: Path, columns: Mapping[str, str], root: Path | None = None) -> Manifest:
    """`columns`: our name of a column -> its name in the file, where they differ. `root`: the folder that
    relative paths begin in; None: the manifest's own. No media file is opened. Raises InputError where
    nothing is usable."""
    raise InputError(f"{path}: manifests can't be read yet.")
