"""The extraction: a list of samples to shards, shared by processes, going on where it was interrupted.

Which sample is in which shard is decided by the list alone (plan.json), which shard is whose by its number
and the number of processes. A shard that is whole is left as it is; every other one is made again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...errors import InputError
from ...progress import Progress, silent
from ..shards import Sample, write_header, write_shard
from ..shards.plan import Plan, plan_of, write_plan
from ..shards.writer import is_whole, read_index, shard_file
from .encoding import Encoding
from .source import Source
from .stages import Stages
from .worker import Worker

STAGE = "extract"


@dataclass(frozen=True)
class Extracted:
    """`samples`, `skipped`: of all shards that are there now, this process's and others'. `missing`: how many
    of the `shards` are not, because other processes are still at them."""

    samples: int
    skipped: tuple[dict[str, str], ...]  # {"id", "why"}
    shards: int
    missing: int
    stages: Stages


def extract(
    source: Source,
    encoding: Encoding,
    folder: Path,
    shard_size: int,
    worker: Worker,
    progress: Progress = silent,
) -> Extracted:
    """Makes this worker's shards. Samples that can't be read are skipped, and said in their shard's index.
    Raises InputError where two samples have one id, where the folder holds other shards, where nothing can be
    written, and where no sample at all could be read."""
    _check_identities(source)
    plan = plan_of((source.words(i) for i in range(len(source))), shard_size)
    write_header(folder, encoding.header(source))
    write_plan(folder, plan)
    job, mine = _Job(source, encoding, folder, plan, Stages()), worker.shards(plan.shards)
    total, done = sum(len(plan.samples_of(k)) for k in mine), 0
    for number in mine:
        if not is_whole(folder, number):
            job.write(number, partial(_advanced, progress, done, total))
        done += len(plan.samples_of(number))
        progress(STAGE, done, total)
    return job.result()


def _advanced(progress: Progress, before: int, total: int, count: int) -> None:
    progress(STAGE, before + count, total)


def _check_identities(source: Source) -> None:
    seen: set[str] = set()
    for index in range(len(source)):
        identity = source.identity(index)
        if identity in seen:
            raise InputError(f"{source.name}: two samples have the id {identity}; give each its own.")
        seen.add(identity)


@dataclass(frozen=True)
class _Job:
    source: Source
    encoding: Encoding
    folder: Path
    plan: Plan
    stages: Stages

    def write(self, number: int, advanced: Callable[[int], None]) -> None:
        """One shard. What the other stages leave of its time went into writing."""
        skipped: list[dict[str, str]] = []
        begin, before = time.perf_counter(), self.stages.total
        write_shard(self.folder, number, self._samples(number, skipped, advanced), skipped)
        spent = time.perf_counter() - begin - (self.stages.total - before)
        self.stages.add("write", spent, len(self.plan.samples_of(number)) - len(skipped))

    def _samples(
        self, number: int, skipped: list[dict[str, str]], advanced: Callable[[int], None]
    ) -> Iterator[Sample]:
        for count, index in enumerate(self.plan.samples_of(number), 1):
            try:
                raw = self.source.sample(index, self.encoding.reads, self.stages)
                sample = self.encoding(raw, self.stages)
            except InputError as error:
                skipped.append({"id": self.source.identity(index), "why": str(error)})
            else:
                yield sample
            advanced(count)

    def result(self) -> Extracted:
        there = [k for k in range(self.plan.shards) if is_whole(self.folder, k)]
        indexes = [read_index(shard_file(self.folder, k)) for k in there]
        samples = sum(len(index["samples"]) for index in indexes)
        skipped = tuple(s for index in indexes for s in index["skipped"])
        missing = self.plan.shards - len(there)
        if not samples and not missing:
            raise InputError(
                f"{self.source.name}: none of {len(skipped)} samples could be read; the first, "
                f"{skipped[0]['id']}: {skipped[0]['why']}"
            )
        return Extracted(samples, skipped, self.plan.shards, missing, self.stages)
