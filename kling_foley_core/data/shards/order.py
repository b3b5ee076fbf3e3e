"""Which samples make up which batch: a function of (seed, step) alone, so a resumed run, or one on more
processes, meets the same batches.

Every sample comes once an epoch. Shards are shuffled, and samples among `SHARDS_AT_ONCE` neighbouring
shards, so that reading stays near a few files. A batch holds samples of one length: each sample is given one
of the crops that it is long enough for, drawn by the crops' shares, and batches of a crop are made of the
samples that have it, in order; what is left of a crop at an epoch's end goes into the next epoch's first
batch of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...errors import InputError
from .reader import Entry

SHARDS_AT_ONCE = 8
ROOM = 1e-6  # seconds by which a rounded length may be too short


@dataclass(frozen=True)
class Crop:
    """How long the pieces of a batch are, how many it has in all processes together, and how often samples
    that are long enough are cut to it."""

    seconds: float
    batch: int
    share: float

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.batch >= 1 and self.share > 0):
            raise InputError(f"{self}: seconds and share must be above 0, batch 1 or more.")


class Batches:
    """batch(step) -> (crop, indices into the entries). Steps are best asked for in ascending order: going
    back begins at the first epoch again (some milliseconds for a thousand samples of an epoch)."""

    def __init__(self, entries: Sequence[Entry], crops: Sequence[Crop], seed: int) -> None:
        """Raises InputError where a sample is shorter than every crop."""
        if not crops:
            raise InputError("crops: there is none; give one [[crops]] table or more.")
        self.entries, self.crops, self.seed = entries, tuple(crops), seed
        shortest = min(c.seconds for c in crops)
        short = [e for e in entries if e.seconds < shortest - ROOM]
        if short:
            raise InputError(
                f"{len(short)} of {len(entries)} samples are shorter than {shortest:g} s, the shortest "
                f"crop (sample {short[0].id} has {short[0].seconds:g} s); give a shorter crop, or make "
                "shards of longer pieces."
            )
        self._begin()

    def batch(self, step: int) -> tuple[Crop, list[int]]:
        if step < self._step:
            self._begin()
        while self._step <= step:
            self._now = next(self._stream)
            self._step += 1
        return self._now

    def _begin(self) -> None:
        self._step, self._stream = 0, self._batches()

    def _batches(self) -> Iterator[tuple[Crop, list[int]]]:
        waiting: list[list[int]] = [[] for _ in self.crops]
        epoch = 0
        while True:
            for index, which in epoch_order(self.entries, self.crops, self.seed, epoch):
                waiting[which].append(index)
                if len(waiting[which]) == self.crops[which].batch:
                    yield self.crops[which], waiting[which]
                    waiting[which] = []
            epoch += 1


def epoch_order(
    entries: Sequence[Entry], crops: Sequence[Crop], seed: int, epoch: int
) -> Iterator[tuple[int, int]]:
    """(index, number of its crop) of every sample, once."""
    draw = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    of_shard: dict[Path, list[int]] = {}
    for index, entry in enumerate(entries):
        of_shard.setdefault(entry.path, []).append(index)
    shards = list(of_shard.values())
    shuffled = [shards[i] for i in torch.randperm(len(shards), generator=draw).tolist()]
    shares = _crop_shares(entries, crops)
    for first in range(0, len(shuffled), SHARDS_AT_ONCE):
        near = torch.tensor([index for shard in shuffled[first : first + SHARDS_AT_ONCE] for index in shard])
        near = near[torch.randperm(len(near), generator=draw)]
        which = torch.multinomial(shares[near], 1, generator=draw)[:, 0]
        yield from zip(near.tolist(), which.tolist(), strict=True)


def _crop_shares(entries: Sequence[Entry], crops: Sequence[Crop]) -> Tensor:
    """[samples, crops]: the crops' shares, 0 where a sample is too short."""
    seconds = torch.tensor([e.seconds for e in entries], dtype=torch.float64)
    long_enough = seconds[:, None] >= torch.tensor([c.seconds - ROOM for c in crops], dtype=torch.float64)
    return long_enough * torch.tensor([c.share for c in crops])
