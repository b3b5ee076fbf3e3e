"""Takes of one sound by their agreement with the film, best first; N of them made a few at a time.

A take is named by its seed: alone, with that seed, it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from torch import Tensor

from ..analysis.onsets import long_onsets
from ..preview.motion import Movement
from ..timing import Seconds
from .agreement import agreement
from .order import best_first

if TYPE_CHECKING:
    from ..generation.sound import Sound

AT_ONCE = 40.0  # seconds of sound that are made together: memory goes with them


@dataclass(frozen=True)
class Take:
    seed: int
    agreement: float  # 0..1
    onsets: tuple[float, ...]  # ascending seconds


def ranked(waves: Tensor, rate: int, moved: Movement, seed: int = 0) -> list[Take]:
    """waves [B, C, N] -> their takes, best first, of equals the earlier seed; item i has `seed` + i."""
    takes = []
    for i, wave in enumerate(waves):
        heard = long_onsets(wave, rate)
        takes.append(Take(seed + i, agreement(heard, moved), tuple(heard)))
    return in_order(takes)


def in_order(takes: list[Take]) -> list[Take]:
    """Best first, of equals the earlier seed."""
    takes = sorted(takes, key=lambda take: take.seed)
    return [takes[k] for k in best_first([take.agreement for take in takes])]


def best_of(
    count: int,
    seed: int,
    seconds: Seconds,
    make: Callable[[int, int], Sound],
    moved: Movement,
    keep: Callable[[Take, Sound], None] = lambda take, sound: None,
) -> tuple[Sound, list[Take]]:
    """(the best sound alone, all takes best first). `make` is given a first seed and how many to make at
    once; `keep` is called with each take, and nothing else but the best stays in memory."""
    found: list[Take] = []
    best = None
    for first, size in _pieces(count, max(1, int(AT_ONCE / seconds))):
        made = make(seed + first, size)
        for take in ranked(made.waveform, made.sampling_rate, moved, seed + first):
            sound = replace(made, waveform=made.waveform[take.seed - seed - first][None])
            keep(take, sound)
            if in_order([*found, take])[0] is take:
                best = replace(sound, waveform=sound.waveform.clone())
            found.append(take)
    return best, in_order(found)


def _pieces(count: int, most: int) -> Iterator[tuple[int, int]]:
    """(first, size) of pieces of at most `most`."""
    for first in range(0, count, most):
        yield first, min(most, count - first)
