"""Where the command keeps what it has encoded: the folder that each system has for what can be made again.

KLING_FOLEY_CACHE names another, for a home that is small or slow. Our choice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "KLING_FOLEY_CACHE"
NAME = "kling-foley"


def cache_folder(
    environment: Mapping[str, str] = os.environ, system: str = sys.platform, home: Path | None = None
) -> Path:
    """Linux: $XDG_CACHE_HOME or ~/.cache; Mac: ~/Library/Caches; Windows: %LOCALAPPDATA%. A folder of ours in
    it, which need not be there yet."""
    if environment.get(VARIABLE):
        return Path(os.path.expanduser(environment[VARIABLE]))  # files of settings are read by no shell
    home = Path(os.path.expanduser("~")) if home is None else home
    if system == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local", NAME, "Cache")
    if system == "darwin":
        return home / "Library" / "Caches" / NAME
    chosen = environment.get("XDG_CACHE_HOME", "")
    return Path(chosen if os.path.isabs(chosen) else home / ".cache", NAME)
