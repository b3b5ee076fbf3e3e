"""Files that the page can ask the host's /view route for: {"filename", "subfolder", "type"}."""

from __future__ import annotations

import os
from collections.abc import Callable

import folder_paths

Served = dict[str, str]


def served_copy(filename: str, make: Callable[[str], None]) -> Served:
    """`filename` in the host's temp folder, made where it isn't there yet."""
    folder = folder_paths.get_temp_directory()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, filename)
    if not os.path.isfile(path):
        make(path)
    return {"filename": filename, "subfolder": "", "type": "temp"}
