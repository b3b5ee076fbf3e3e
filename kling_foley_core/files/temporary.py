"""Temporary files beside their target, each in a hidden folder of its own that is removed when its owner is
dead.

The owner holds a file in it open and, where there are such locks, locked: both end with the process, however
it ends. So a later run can tell what was left behind from what is being written. A folder, because some
writers make a temporary file of their own beside the one they are given. Our choice.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

try:
    import fcntl
except ImportError:  # Windows removes no file that is open
    fcntl = None

_NAME = re.compile(r"\.kling-foley-[0-9a-f]{12}")
_OWNED = "owned"
_LONGEST_SUFFIX = 16  # bytes: names stay far below the 143 that the tightest file systems take


@contextmanager
def temporary_file(folder: Path, suffix: str) -> Iterator[Path]:
    """The path of a file (or folder) to be made, with that suffix unless it is long, on the same file system
    as `folder`; gone afterwards unless it was renamed. OSError where none can be made.

    Absolute: FFmpeg takes what is before a colon for a protocol.
    """
    remove_abandoned(folder)
    own, lock = _owned_folder(folder.absolute())
    try:
        yield own / f"file{suffix if len(os.fsencode(suffix)) <= _LONGEST_SUFFIX else ''}"
    finally:
        os.close(lock)  # before: Windows removes nothing that is open
        shutil.rmtree(own, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Removes the temporary files in `folder` whose owner is dead."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _remove_unowned(Path(entry.path))


def _remove_unowned(own: Path) -> None:
    """OSError where it has an owner."""
    try:
        lock = os.open(own / _OWNED, os.O_RDWR)
    except FileNotFoundError:  # killed before it was owned
        own.rmdir()
        return
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (own / _OWNED).unlink()  # under the lock: from now on nobody can become its owner
    finally:
        os.close(lock)
    (own / _OWNED).unlink(missing_ok=True)
    shutil.rmtree(own)


def _owned_folder(folder: Path) -> tuple[Path, int]:
    """A new folder and the descriptor that owns it."""
    while True:
        own = folder / f".kling-foley-{uuid4().hex[:12]}"
        own.mkdir()
        with suppress(FileNotFoundError):  # another run took it for abandoned
            lock = os.open(own / _OWNED, os.O_RDWR | os.O_CREAT)
            if fcntl is not None:
                with suppress(OSError):  # some network file systems have no locks
                    fcntl.flock(lock, fcntl.LOCK_EX)
            if fcntl is None or os.fstat(lock).st_nlink:
                return own, lock
            os.close(lock)
