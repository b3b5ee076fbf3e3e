"""Writes a file whole or not at all: under a hidden temporary name beside the target, renamed when it is
complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ..errors import InputError

FULL = 1 << 20  # bytes that are left


def checked_output(output: str | os.PathLike) -> Path:
    """`output` as a path; InputError where no file can be written (tried with an empty one beside it)."""
    path = Path(output)
    if os.path.isdir(path):  # no error for a name that is too long
        raise InputError(f"output '{path}' is a folder; give a file name in it.")
    if not os.path.isdir(path.parent):
        raise InputError(f"output '{path}': the folder '{path.parent}' doesn't exist; create it first.")
    trial = _beside(path)
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as e:
        raise InputError(f"output '{path}' can't be written ({e}); choose another folder or name.") from e
    return path


def made_folder(folder: str | os.PathLike, what: str) -> Path:
    """`folder` as a path, made with all above it; InputError, which says `what` it is, where it can't be."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise InputError(f"{what} '{path}' can't be made ({e}); choose another one.") from e
    return path


def _beside(path: Path) -> Path:
    """A hidden name in the same folder, absolute: FFmpeg takes what is before a colon for a protocol."""
    return path.absolute().with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix}")


@contextmanager
def whole_file(output: str | os.PathLike) -> Iterator[Path]:
    """Yields the temporary path (same suffix, same folder); an error inside leaves the target as it was."""
    path = checked_output(output)
    temporary = _beside(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except PermissionError as e:
        raise InputError(f"output '{path}' can't be written ({e}); choose a folder you may write to.") from e
    except Exception as e:
        # What writes tensors and films says this in words of its own, if at all.
        if shutil.disk_usage(path.absolute().parent).free < FULL:
            raise InputError(f"output '{path}': the disk is full ({e}); make room and try again.") from e
        raise
    finally:
        temporary.unlink(missing_ok=True)
