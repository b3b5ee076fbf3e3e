"""Stages of work on clips, shared by processes of this machine and by machines.

Stage by stage, so that every process holds one network at a time. Each process takes its sums on one thread:
the numbers then are the same however many share the work (our choice; many clips keep all cores busy better
than many threads keep one clip). Machines take every Nth clip each, and share the folder in which features
are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from ...batch.processes import done_by_processes
from ...progress import Progress
from ..measures.table import MEASURES
from .gathering import Gathering
from .kept import Kept
from .networks import Networks
from .pairs import Pair


@dataclass(frozen=True)
class Work:
    """What a process needs to know. `asked`: names of measures; `found`: files of networks."""

    asked: tuple[str, ...]
    features: Path
    found: Mapping[str, Path]
    seconds: float

    def gathering(self, device: str) -> Gathering:
        kept = Kept(self.features)
        measures = [MEASURES[name] for name in self.asked]
        return Gathering(measures, kept, Networks(self.found, device, kept), self.seconds)

    def __call__(self, device: str) -> _Doing:
        """In a process of its own."""
        torch.set_num_threads(1)
        return _Doing(self.gathering(device))


@dataclass(frozen=True)
class _Doing:
    gathering: Gathering

    def __call__(self, piece: tuple[str, Pair]) -> None:
        self.gathering.do(*piece)


@contextmanager
def one_thread() -> Iterator[None]:
    """Numbers depend on how many threads count; the process that asked keeps its own number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def share_out(
    work: Work, gathering: Gathering, pairs: Sequence[Pair], devices: Sequence[str], progress: Progress
) -> None:
    """All stages of all clips: by processes for more than one of `devices`, else in this one."""
    done = dict.fromkeys(gathering.stages, 0)

    def count(piece: tuple[str, Pair], _: object = None) -> None:
        stage = piece[0]
        done[stage] += 1
        progress(stage, done[stage], len(pairs))

    def died(piece: tuple[str, Pair], how: str) -> None:
        stage, pair = piece
        gathering.lost[stage, pair.clip.id] = how
        count(piece)

    pieces = [(stage, pair) for stage in gathering.stages for pair in pairs]
    if len(devices) > 1:
        done_by_processes(pieces, work, devices, count, died, "--workers")
        return
    for stage, pair in pieces:
        gathering.do(stage, pair)
        count((stage, pair))
