"""Writes a file whole or not at all: under a hidden temporary name beside the target, renamed when it is
complete.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .errors import InputError


def checked_output(output: str | os.PathLike) -> Path:
    """`output` as a path; InputError where no file can be."""
    path = Path(output)
    if path.is_dir():
        raise InputError(f"output '{path}' is a folder; give a file name in it.")
    if not path.parent.is_dir():
        raise InputError(f"output '{path}': the folder '{path.parent}' doesn't exist; create it first.")
    return path


@contextmanager
def whole_file(output: str | os.PathLike) -> Iterator[Path]:
    """Yields the temporary path (same suffix, same folder); an error inside leaves the target as it was."""
    path = checked_output(output)
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except PermissionError as e:
        raise InputError(f"output '{path}' can't be written ({e}); choose a folder you may write to.") from e
    finally:
        temporary.unlink(missing_ok=True)
