"""Which share of the shards a process makes: shard k is that of worker k % count."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Worker:
    number: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise InputError(
                f"--worker {self.number}/{self.count}: workers are numbered from 0 to {self.count - 1}; "
                "the first of 4 is 0/4."
            )

    def shards(self, count: int) -> range:
        return range(self.number, count, self.count)


def this_worker(given: str | None, environment: Mapping[str, str] = os.environ) -> Worker:
    """As `given` ("0/4"), else as `accelerate launch` and torchrun say it (RANK and WORLD_SIZE), else all."""
    if given is None:
        if "RANK" not in environment or "WORLD_SIZE" not in environment:
            return Worker(0, 1)
        given = f"{environment['RANK']}/{environment['WORLD_SIZE']}"
    number, _, count = given.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise InputError(f"--worker {given}: write NUMBER/COUNT; the first of 4 is 0/4.")
    return Worker(int(number), int(count))


def local_device(environment: Mapping[str, str] = os.environ) -> str | None:
    """The GPU of this process where the launcher started several on one machine."""
    import torch

    place = environment.get("LOCAL_RANK")
    if place is None or not torch.cuda.is_available():
        return None
    return f"cuda:{int(place) % torch.cuda.device_count()}"
