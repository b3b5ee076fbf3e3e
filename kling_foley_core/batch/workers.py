"""Several processes, each with the weights on a device of its own: whichever is free gets the next clip, so
that each is made once.

A process that dies (the system ends it, a driver fails) is that clip's outcome, and a new one takes its
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
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .clips import BatchClip
from .outcome import FAILED, Outcome
from .records import Records
from .run import Make, Reached, attempt, sentence

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

# Loads the weights onto a device; sent to the processes, so a function or an object that can be pickled.
Start = Callable[[str], Make]
_READY = "ready"
_PATIENCE = 10  # seconds that a process has to end when it is told to


def made_by_processes(
    clips: Sequence[BatchClip], start: Start, devices: Sequence[str], records: Records, reached: Reached
) -> None:
    """A process for each of `devices`, the same one may stand there more than once. InputError where the
    weights can't be loaded."""
    waiting = list(reversed(clips))
    workers = [_started(start, device, len(devices), records) for device in devices[: len(clips)]]
    try:
        while any(worker.clip or not worker.ready for worker in workers) or waiting:
            for worker in _answering(workers):
                answer = worker.answer()
                if answer is None:
                    reached(worker.clip, Outcome(FAILED, why=_death(worker.process)))
                    workers.remove(worker)
                    if waiting:
                        workers.append(_started(start, worker.device, len(devices), records))
                    continue
                if answer == _READY:
                    worker.ready = True
                else:
                    reached(worker.clip, answer)
                    worker.clip = None
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
    ready: bool = False  # the weights are loaded
    clip: BatchClip | None = None  # that it is at

    def give(self, clip: BatchClip) -> None:
        self.clip = clip
        with suppress(OSError):  # it has died since; its answer says so
            self.connection.send(clip)

    def answer(self) -> Any:
        """_READY, an Outcome, or None where it died at a clip."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            if self.clip is None:
                raise InputError(f"--jobs: while loading the weights {_death(self.process)}") from None
            return None
        if isinstance(answer, InputError):
            raise answer
        return answer


def _answering(workers: Sequence[_Worker]) -> list[_Worker]:
    found = wait([worker.connection for worker in workers if worker.clip or not worker.ready])
    return [worker for worker in workers if worker.connection in found]


def _death(process: BaseProcess) -> str:
    code = process.exitcode or 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"its process ended with {how}; the memory may be used up: try fewer --jobs."


def _started(start: Start, device: str, count: int, records: Records) -> _Worker:
    context = get_context("spawn")  # CUDA takes no fork
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, start, device, count, records), daemon=True)
    process.start()
    theirs.close()  # so that its death is an end of file here
    return _Worker(process, ours, device)


def _work(connection: Connection, start: Start, device: str, count: int, records: Records) -> None:
    """What a process does; Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    _share_cores(count)
    try:
        make = start(device)
    except Exception as error:
        connection.send(InputError(sentence(error)))
        return
    connection.send(_READY)
    while True:
        try:
            clip = connection.recv()
        except EOFError:  # the one that started it is gone
            return
        connection.send(attempt(clip, make, records))


def _end(*_: object) -> None:
    raise SystemExit(0)  # temporary files go


def _share_cores(count: int) -> None:
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // count))
