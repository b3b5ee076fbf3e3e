"""What the small preset has got since its first files were written, and does without in them.

countdown_rows   of the MM-DiT: the table of the seconds that are left
beyond           of the sync encoder: the clip mirrored beyond its ends, where there were zeros
fine, reach      of the sync encoder: a look at single pixels, and a longer one at every place
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

SINCE = "countdown_rows", "beyond", "fine", "reach"  # None in the configs of older files
Config = TypeVar("Config")


def as_old_as(given: object, config: Config) -> Config:
    """`config` without what `given`, the config of a file, has not got."""
    return replace(config, **{name: None for name in SINCE if getattr(given, name, ...) is None})
