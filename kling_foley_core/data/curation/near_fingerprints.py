"""Which fingerprints have nearly the same codes at nearly the same places, in n log n time.

Codes of all prints are sorted, and each is compared with its neighbours: prints that agree on the first bits
of one code lie side by side. Since the differing bits can be the first ones, this is done for several
rotations of the bits (Charikar 2002; Ravichandran et al. 2005, "Randomized algorithms and NLP"). Each meeting
proposes two prints and an offset between them. Our choice of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

ROTATIONS = 4
NEIGHBOURS = 2  # compared with on each side: codes that many prints share cost no more than others
TWICE = 2  # meetings at one offset: one alone is chance among many prints
FARTHEST = 2**15  # codes that an offset can be

_ONES = np.array([bin(k).count("1") for k in range(2**16)], np.uint8)


class Meeting(NamedTuple):
    """Code k of print `second` belongs to code k + offset of print `first`; first < second."""

    first: int
    second: int
    offset: int


def bit_count(codes: np.ndarray) -> np.ndarray:
    """Ones of each uint32 or uint64 of [T]."""
    halves = np.ascontiguousarray(codes).view(np.uint16).reshape(len(codes), codes.itemsize // 2)
    return _ONES[halves].sum(1, dtype=np.int64)


def meetings(prints: Sequence[np.ndarray], most_bits: int) -> Iterator[Meeting]:
    """Where two prints meet TWICE or more at one offset; each once, in order. `prints`: uint32 or uint64 [T];
    code 0 says nothing. `most_bits`: that two codes which meet differ in."""
    if not prints:
        return
    owner = np.repeat(np.arange(len(prints)), [len(p) for p in prints])
    place = np.concatenate([np.arange(len(p)) for p in prints])
    codes = np.concatenate(prints)
    codes, owner, place = (array[codes != 0] for array in (codes, owner, place))
    found = []
    for turn in range(0, codes.itemsize * 8, codes.itemsize * 8 // ROTATIONS):
        order = np.lexsort((owner, place, _rotated(codes, turn)))
        for step in range(1, NEIGHBOURS + 1):
            a, b = order[:-step], order[step:]
            near = (owner[a] != owner[b]) & (bit_count(codes[a] ^ codes[b]) <= most_bits)
            found.append(_packed(a[near], b[near], owner, place, len(prints)))
    packed, times = np.unique(np.concatenate(found), return_counts=True)
    for number in packed[times >= TWICE].tolist():
        pair, offset = divmod(number, 2 * FARTHEST)
        yield Meeting(*divmod(pair, len(prints)), offset - FARTHEST)


def overlap(first: np.ndarray, second: np.ndarray, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes of both that lie over each other."""
    first, second = first[max(0, offset) :], second[max(0, -offset) :]
    count = min(len(first), len(second))
    return first[:count], second[:count]


def _rotated(codes: np.ndarray, turn: int) -> np.ndarray:
    if turn == 0:
        return codes
    kind = codes.dtype.type
    return (codes << kind(turn)) | (codes >> kind(codes.itemsize * 8 - turn))


def _packed(a: np.ndarray, b: np.ndarray, owner: np.ndarray, place: np.ndarray, count: int) -> np.ndarray:
    """Of codes a and b the two prints and the offset as one number, which sorts quickly and needs 8 bytes."""
    swap = owner[a] > owner[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    return (owner[a] * count + owner[b]) * (2 * FARTHEST) + place[a] - place[b] + FARTHEST
