"""Writes a file whole or not at all: into a temporary file beside the target, renamed when it is complete.

Every error of the system on the way is an InputError that names the target.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import InputError
from .temporary import temporary_file

FULL = 1 << 20  # bytes that are left
_REMEDY = {
    errno.ENOSPC: "the disk is full; make room and try again",
    errno.EDQUOT: "your share of the disk is used up; make room and try again",
    errno.EFBIG: "the file would be larger than the system allows; write elsewhere or raise the limit",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def checked_output(output: str | os.PathLike) -> Path:
    """`output` as a path, links followed; InputError where no file can be written (tried with an empty one
    beside it).
    """
    path = _checked(output)
    try:
        with temporary_file(path.parent, path.suffix) as temporary:
            temporary.touch()
    except OSError as e:
        raise _refused(output, e) from e
    return path


def made_folder(folder: str | os.PathLike, what: str) -> Path:
    """`folder` as a path, made with all above it; InputError, which says `what` it is, where it can't be."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise InputError(f"{what} '{path}' can't be made ({e.strerror}); choose another one.") from e
    return path


@contextmanager
def whole_file(output: str | os.PathLike) -> Iterator[Path]:
    """Yields the temporary path (same folder, same suffix if it is short); an error inside leaves the target
    as it was. A target that is a link stays one, and the file it leads to is replaced.
    """
    path = _checked(output)
    try:
        with temporary_file(path.parent, path.suffix) as temporary:
            yield temporary
            _stored(temporary)
            with suppress(OSError):  # there is no file yet
                shutil.copymode(path, temporary)
            os.replace(temporary, path)
    except InputError:
        raise
    except OSError as e:
        raise _refused(output, e) from e
    except Exception as e:
        cause = _of_the_system(e, path.parent)
        if cause is None:
            raise
        raise _refused(output, cause) from e


def _checked(output: str | os.PathLike) -> Path:
    try:
        path = Path(os.path.realpath(output))
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except (OSError, ValueError) as e:  # ValueError: a name with a zero byte
        raise _refused(output, e) from e
    if stat.S_ISDIR(mode):
        raise InputError(f"output '{output}' is a folder; give a file name in it.")
    if not stat.S_ISREG(mode):
        raise InputError(f"output '{output}' is a device, pipe or socket; give the name of a file.")
    if not os.path.isdir(path.parent):
        raise InputError(f"output '{output}': the folder '{path.parent}' doesn't exist; create it first.")
    return path


def _stored(file: Path) -> None:
    """Waits until the content is on the disk: full disks and lost servers often tell only then."""
    with file.open("rb+") as content:
        os.fsync(content)


def _of_the_system(error: Exception, folder: Path) -> OSError | None:
    """What writes tensors raises errors of its own for those of the system."""
    with suppress(OSError):
        if shutil.disk_usage(folder).free < FULL:
            return OSError(errno.ENOSPC, str(error))
    if any(word in str(error) for word in ("os error", "PytorchStreamWriter", "inline_container")):
        return OSError(str(error))
    return None


def _refused(output: str | os.PathLike, error: OSError | ValueError) -> InputError:
    code = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or str(error)
    remedy = _REMEDY.get(code, "choose another folder or name")
    return InputError(f"output '{output}' can't be written ({reason}): {remedy}.")
