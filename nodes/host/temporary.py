"""Films in the host's temp folder that go with the last VIDEO that reads them, and with the folder at the
latest.
"""

from __future__ import annotations

import os
import uuid
import weakref
from contextlib import suppress

import folder_paths


class TemporaryFilm(str):
    """The path of a film whose file is removed with it: VIDEOs, also those made of others, hold the path they
    read.
    """

    @classmethod
    def named(cls, suffix: str) -> TemporaryFilm:
        """A path that is free."""
        folder = folder_paths.get_temp_directory()
        os.makedirs(folder, exist_ok=True)
        path = cls(os.path.join(folder, f"kling_foley_{uuid.uuid4().hex}{suffix}"))
        weakref.finalize(path, _remove, str(path))
        return path


def _remove(path: str) -> None:
    with suppress(OSError):  # the host may have emptied the folder; Windows keeps what is open
        os.unlink(path)
