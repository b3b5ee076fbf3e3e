"""Clips that are the same: re-encoded, louder, at another size, cut elsewhere. One of each group is kept.

Two sounds are the same where at most MOST_SOUND of their fingerprint's bits differ: re-encoded ones differ in
up to 0.22, different ones in 0.36 or more (30 clips of Foley World and the clips of the paper's demo; Haitsma
and Kalker 2002 use 0.35). A steady tone in silence can differ by more after a codec: what does not change has
no fingerprint. Two films are the same where they agree with each other better than each with itself a second
later: two pieces of one unmoving camera are no duplicates. Our choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..splits import HELD_OUT
from .measures import Measures
from .near_fingerprints import bit_count, meetings, overlap

SOUND_MEETING, MOST_SOUND = 6, 0.26  # bits of 32 of one code; share of bits over all
LEAST_SOUND = 12  # codes that are not silent in both
FILM_MEETING, MOST_FILM = 6, 6.0  # bits of 64
LEAST_FILM = 3  # seconds
LEAST_SHARE = 0.5  # of the shorter one that both have in common
LEAST_CHANGE = 1.0  # bits by which the picture changes in a second
SELF_FACTOR = 2.0  # times: how much better two films agree than each with itself a second later

SOUND, FILM = "sound", "film"


@dataclass(frozen=True)
class Entry:
    """One piece or clip. `split`: of the held-out ones one is kept before those to learn from."""

    id: str
    split: str
    measures: Measures


@dataclass(frozen=True)
class Duplicate:
    """`of`: the one that is kept; `by`: "sound" or "film", which is the same."""

    of: str
    by: str


def duplicates(entries: Sequence[Entry]) -> dict[str, Duplicate]:
    """Of each that is not kept. The order of `entries` does not matter: kept are held-out ones first, then
    the widest bandwidth in kHz, the largest picture, the first id."""
    entries = sorted(entries, key=_preference)
    sounds = [e.measures.sound.codes for e in entries]
    links = [(pair, SOUND) for pair in _same(sounds, SOUND_MEETING, _is_same_sound)]
    films = [e.measures.film.codes if e.measures.film else np.zeros(0, np.uint64) for e in entries]
    links += [(pair, FILM) for pair in _same(films, FILM_MEETING, _is_same_film)]
    parent, by = list(range(len(entries))), {}
    for (first, second), what in links:
        by.setdefault(second, what)
        by.setdefault(first, what)
        a, b = sorted((_root(parent, first), _root(parent, second)))
        parent[b] = a
    roots = [_root(parent, k) for k in range(len(entries))]
    return {entries[k].id: Duplicate(entries[root].id, by[k]) for k, root in enumerate(roots) if k != root}


def _preference(entry: Entry) -> tuple:
    sound, film = entry.measures.sound, entry.measures.film
    short = film.short_side if film else 0
    return entry.split != HELD_OUT, -round((sound.bandwidth or 0) / 1000), -short, entry.id


def _root(parent: list[int], k: int) -> int:
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


def _same(
    prints: Sequence[np.ndarray], most_bits: int, same: Callable[[np.ndarray, np.ndarray, int], bool]
) -> list[tuple[int, int]]:
    """Pairs of prints that are the same at one of the offsets at which they meet."""
    found = {}
    for first, second, offset in meetings(prints, most_bits):
        if (first, second) not in found and same(prints[first], prints[second], offset):
            found[first, second] = True
    return list(found)


def _is_same_sound(first: np.ndarray, second: np.ndarray, offset: int) -> bool:
    a, b = overlap(first, second, offset)
    both = (a != 0) & (b != 0)
    shorter = min(np.count_nonzero(first), np.count_nonzero(second))
    if both.sum() < max(LEAST_SOUND, LEAST_SHARE * shorter):
        return False
    return bit_count(a[both] ^ b[both]).mean() <= MOST_SOUND * 32


def _is_same_film(first: np.ndarray, second: np.ndarray, offset: int) -> bool:
    a, b = overlap(first, second, offset)
    if len(a) < max(LEAST_FILM, LEAST_SHARE * min(len(first), len(second))):
        return False
    between = bit_count(a ^ b).mean()
    within = min(bit_count(codes[1:] ^ codes[:-1]).mean() for codes in (a, b))
    return between <= MOST_FILM and within >= max(LEAST_CHANGE, SELF_FACTOR * between)
