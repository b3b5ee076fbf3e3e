"""Lines for the terminal: what was made goes to standard output, what is worth knowing to standard error."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import suppress
from typing import TextIO

from ..errors import InputError, shown

_CLOSED = {errno.EPIPE, errno.EINVAL}  # Windows says the second of a pipe that nobody reads any more


def say(text: str) -> None:
    """Prints what was made; `| head` may have seen enough."""
    error = _write(sys.stdout, text)
    if error is not None and error.errno not in _CLOSED:
        raise InputError(f"standard output can't be written ({error.strerror}); send it elsewhere.")


def remark(text: str) -> None:
    """Prints what is worth knowing, or what went wrong."""
    _write(sys.stderr, f"kling-foley: {text}")


def prepare_streams() -> None:
    """Standard streams that take every character, also where they were closed: the next file opened would
    get a closed one's number, and messages would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):  # a notebook's own streams take every character
            stream.reconfigure(errors="replace" if name == "stdout" else "backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Shown("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def flush_streams() -> None:
    """Writes what is left, so that nothing is left to fail when the interpreter ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            silence(stream)


def silence(stream: TextIO) -> None:
    """What is written there from now on goes nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class _Shown(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _shown_lines(super().format(record))


def _shown_lines(text: str) -> str:
    return "\n".join(map(shown, text.split("\n")))


def _write(stream: TextIO, text: str) -> OSError | None:
    try:
        print(_shown_lines(text), file=stream, flush=True)  # noqa: T201
    except OSError as e:
        silence(stream)
        return e
    return None
