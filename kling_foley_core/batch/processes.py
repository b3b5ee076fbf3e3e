"""Pieces of work for several processes, each with what it needs loaded on a device of its own: whichever is
free gets the next piece, so that each is done once.

A process that dies (the system ends it, a driver fails) is that piece's outcome, and a new one takes its
place.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InputError
from .run import sentence

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")
# Loads what the work needs onto a device; sent to the processes, as pieces and answers are, so all of it can
# be pickled. What it returns does a piece, and raises nothing but InputError, which ends it all.
Begin = Callable[[str], Callable[[Piece], Answer]]
_READY = "ready"
_PATIENCE = 10  # seconds that a process has to end when it is told to


def done_by_processes(
    pieces: Sequence[Piece],
    begin: Begin,
    devices: Sequence[str],
    answered: Callable[[Piece, Answer], None],
    died: Callable[[Piece, str], None],
    option: str,
) -> None:
    """A process for each of `devices`, the same one may stand there more than once. `died` gets how the
    process ended; `option` says how many there are. InputError where one can't begin, or a piece raises
    it."""
    waiting = list(reversed(pieces))
    workers = [_started(begin, device, len(devices), option) for device in devices[: len(pieces)]]
    try:
        while any(worker.busy or not worker.ready for worker in workers) or waiting:
            for worker in _answering(workers):
                answer = worker.answer()
                if answer is None:
                    died(worker.piece, worker.death())
                    workers.remove(worker)
                    if waiting:
                        workers.append(_started(begin, worker.device, len(devices), option))
                    continue
                if answer == _READY:
                    worker.ready = True
                else:
                    worker.busy = False
                    answered(worker.piece, answer[0])
                if waiting:
                    worker.give(waiting.pop())
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_PATIENCE)
            worker.process.kill()


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    device: str
    option: str
    ready: bool = False  # what it needs is loaded
    busy: bool = False
    piece: Any = None  # that it is at

    def give(self, piece: Any) -> None:
        self.piece, self.busy = piece, True
        with suppress(OSError):  # it has died since; its answer says so
            self.connection.send(piece)

    def answer(self) -> Any:
        """_READY, (the answer,), or None where it died at a piece."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            if not self.busy:
                raise InputError(f"{self.option}: while loading the weights {self.death()}") from None
            return None
        if isinstance(answer, InputError):
            raise answer
        return answer

    def death(self) -> str:
        code = self.process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"its process ended with {how}; the memory may be used up: try fewer {self.option}."


def _answering(workers: Sequence[_Worker]) -> list[_Worker]:
    found = wait([worker.connection for worker in workers if worker.busy or not worker.ready])
    return [worker for worker in workers if worker.connection in found]


def _started(begin: Begin, device: str, count: int, option: str) -> _Worker:
    context = get_context("spawn")  # CUDA takes no fork
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, begin, device, count), daemon=True)
    process.start()
    theirs.close()  # so that its death is an end of file here
    return _Worker(process, ours, device, option)


def _work(connection: Connection, begin: Begin, device: str, count: int) -> None:
    """What a process does; Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    _share_cores(count)
    try:
        do = begin(device)
    except Exception as error:
        connection.send(InputError(sentence(error)))
        return
    connection.send(_READY)
    while True:
        try:
            piece = connection.recv()
        except EOFError:  # the one that started it is gone
            return
        try:
            answer = (do(piece),)
        except InputError as error:
            answer = error
        try:
            connection.send(answer)
        except OSError:  # gone meanwhile
            return


def _end(*_: object) -> None:
    raise SystemExit(0)  # temporary files go


def _share_cores(count: int) -> None:
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // count))
