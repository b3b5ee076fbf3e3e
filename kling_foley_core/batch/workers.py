"""Several processes, each with the weights on a device of its own: whichever is free gets the next clip, so
that each is made once. A process that dies is that clip's outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .clips import BatchClip
from .outcome import FAILED, Outcome
from .processes import done_by_processes
from .records import Records
from .run import Make, Reached, attempt

# Loads the weights onto a device; sent to the processes, so a function or an object that can be pickled.
Start = Callable[[str], Make]


def made_by_processes(
    clips: Sequence[BatchClip],
    start: Start,
    devices: Sequence[str],
    records: Records,
    reached: Reached,
    option: str = "--jobs",
) -> None:
    """A process for each of `devices`, the same one may stand there more than once. InputError where the
    weights can't be loaded. `option` says how many there are."""

    def died(clip: BatchClip, how: str) -> None:
        reached(clip, Outcome(FAILED, why=how))

    done_by_processes(clips, _Attempts(start, records), devices, reached, died, option)


@dataclass(frozen=True)
class _Attempts:
    start: Start
    records: Records

    def __call__(self, device: str) -> _Attempt:
        return _Attempt(self.start(device), self.records)


@dataclass(frozen=True)
class _Attempt:
    make: Make
    records: Records

    def __call__(self, clip: BatchClip) -> Outcome:
        return attempt(clip, self.make, self.records)
