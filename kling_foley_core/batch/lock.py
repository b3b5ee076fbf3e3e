"""One batch at a time in a folder: two would make every clip twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError
from ..files.whole_file import made_folder
from .records import FOLDER

try:
    import fcntl
except ImportError:  # Windows: two at once do work twice, and each output is still whole
    fcntl = None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The system lets go of the lock when the process ends, however it does."""
    path = made_folder(folder / FOLDER, "--out") / "lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InputError(
            f"--out {folder}: another batch is at work there; wait for it, or stop it."
        ) from error
    finally:
        os.close(lock)
