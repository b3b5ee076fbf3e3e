"""Calls measured in turn, so that what else the machine does meets all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from torch import Tensor

Call = Callable[[], Tensor]
LONG = 20.0  # seconds


@dataclass
class Runs:
    """Of one side: seconds by the clock, and seconds of processors of this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    output: Tensor | None = None

    def run(self, call: Call) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self.output = call()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)

    @property
    def seconds(self) -> float:
        return median(self.wall)

    @property
    def cpu_seconds(self) -> float:
        return median(self.cpu)


def alternating(calls: dict[str, Call], runs: int) -> dict[str, Runs]:
    """Every call `runs` times: first, second, first, second, ... A round before them, in which weights come
    from the disk, is not counted, unless it takes long enough for that to be no matter."""
    measured = {name: Runs() for name in calls}
    _round(calls, measured)
    if all(run.seconds < LONG for run in measured.values()):
        measured = {name: Runs() for name in calls}
        _round(calls, measured)
    for _ in range(runs - 1):
        _round(calls, measured)
    return measured


def _round(calls: dict[str, Call], measured: dict[str, Runs]) -> None:
    for name, call in calls.items():
        measured[name].run(call)


@dataclass(frozen=True)
class Difference:
    """Of two outputs: the largest, the mean, and the root of the mean square as a share of the first's."""

    largest: float
    mean: float
    share: float

    @classmethod
    def between(cls, one: Tensor, other: Tensor) -> Difference:
        one, other = one.double().flatten(), other.double().flatten()
        if one.shape != other.shape:
            raise ValueError(f"the outputs have {one.numel()} and {other.numel()} values")
        apart = (one - other).abs()
        rms = one.square().mean().sqrt().item()
        share = apart.square().mean().sqrt().item() / rms if rms else 0.0
        return cls(apart.max().item(), apart.mean().item(), share)
