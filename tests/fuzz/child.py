"""Runs calls on one odd input in a forked child with limits, and says what came of each.

The parent must be without threads: forking copies only one. Memory is what the child holds more than the
parent did, at its highest; time is the processor's, so that a busy machine changes nothing.
"""

from __future__ import annotations

import json
import logging
import math
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kling_foley_core.errors import InputError

from .trap import forbid_sockets_and_programs

SECONDS = 1.0  # of a refusal
BYTES = 200 * 2**20
LETTERS = 4000  # of a message
WALL, PROCESSOR = 20.0, 5  # seconds, then the child is ended

Call = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Outcome:
    """Of one call. `how`: "right" (text: what it returned), "refused" (the message), or what went wrong:
    "error" (one that is not for users), "ended" (the child did not live), "memory", "slow", "message" (too
    long). `told`: warnings on the way.
    """

    call: str
    how: str
    text: str
    told: tuple[str, ...]
    seconds: float
    bytes: int

    def wrong(self) -> bool:
        return self.how not in ("right", "refused")


def apart(task: Callable[[], None]) -> None:
    """Runs the task in a child without limits, so that its threads stay there."""
    child = os.fork()
    if not child:
        try:
            task()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the inputs could not be made")


def run(cases: Sequence[Callable[[], Iterable[Call]]]) -> list[list[Outcome]]:
    """Outcomes of each case's calls in order, as far as its child lived. One child runs all cases, or as
    many as it lives through.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a process with threads can't be forked safely")
    found: list[list[Outcome]] = []
    while len(found) < len(cases):
        begun, ended = _in_one_child(cases[len(found) :])
        if not begun:
            raise RuntimeError(f"the child {ended} before its first case")
        if ended:
            begun[-1].append(Outcome(f"call {len(begun[-1]) + 1}", "ended", ended, (), 0.0, 0))
        found += begun
    return found


def _in_one_child(cases: Sequence[Callable[[], Iterable[Call]]]) -> tuple[list[list[Outcome]], str]:
    """Outcomes of the cases that were begun, and why the child ended before the last one's end ("" if it
    did not).
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            _child(cases, writing)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writing)
    begun: list[list[Outcome]] = []
    ended = ""
    for line in _lines(reading):
        if line == "begin":
            begun.append([])
        else:
            call, how, text, told, seconds, more = line
            begun[-1].append(Outcome(call, how, text, tuple(told), seconds, more))
    if not select.select([reading], [], [], 0)[0]:  # at its end it could be read
        os.kill(child, signal.SIGKILL)
        ended = f"hangs for {WALL:g} s"
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if not ended and status:
        number = os.WTERMSIG(status)
        ended = (
            "makes a socket or starts a program" if number == signal.SIGSYS else f"dies by signal {number}"
        )
    return begun, ended


def _lines(reading: int) -> Iterator[list]:
    """What the child writes, until it ends or is silent for too long."""
    data = b""
    while select.select([reading], [], [], WALL)[0]:
        part = os.read(reading, 1 << 16)
        if not part:
            return
        *whole, data = (data + part).split(b"\n")
        yield from map(json.loads, whole)


def _child(cases: Sequence[Callable[[], Iterable[Call]]], writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    forbid_sockets_and_programs()
    told = _told()
    for case in cases:
        _write(writing, "begin")
        _limit()
        base = _status("VmRSS")
        for name, call in case():
            told.clear()
            begin = time.process_time()
            how, text = _tried(call)
            seconds, more = time.process_time() - begin, _status("VmHWM") - base
            if how == "refused" and seconds > SECONDS:
                how = "slow"
            elif how in ("right", "refused") and more > BYTES:
                how = "memory"
            _write(writing, [name, how, text, told, seconds, more])
    os._exit(0)


def _write(writing: int, what: object) -> None:
    os.write(writing, json.dumps(what).encode() + b"\n")


def _limit() -> None:
    """A new case: its data and its time are limited, and the highest memory so far is forgotten."""
    data = _status("VmData") + 3 * BYTES  # what is refused more is told as memory
    resource.setrlimit(resource.RLIMIT_DATA, (data, resource.RLIM_INFINITY))
    seconds = math.ceil(time.process_time()) + PROCESSOR
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    Path("/proc/self/clear_refs").write_text("5")


def _told() -> list[str]:
    """A list that gets the library's warnings."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())
    logging.getLogger("kling_foley_core").addHandler(handler)
    logging.getLogger("kling_foley_core").propagate = False
    return told


def _tried(call: Callable[[], object]) -> tuple[str, str]:
    try:
        return "right", str(call())
    except BaseException as error:
        if _without_memory(error):
            return "memory", _last_lines(error)
        if not isinstance(error, InputError):
            return "error", _last_lines(error)
        return ("refused" if len(str(error)) <= LETTERS else "message"), str(error)[:LETTERS]


def _last_lines(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-1500:]


def _without_memory(error: BaseException | None) -> bool:
    """Whether one of the errors that led here is the system's refusal to give memory."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _status(field: str) -> int:
    """Bytes of a line of /proc/self/status."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field + ":"))
