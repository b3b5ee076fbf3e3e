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

_ONES = np.array([bin(k).count("1") for k in range(2**16)], np.uint8)


class Meeting(NamedTuple):
    """Code k of print `second` belongs to code k + offset of print `first`; first < second."""

    first: int
    second: int
    offset: int


def bit_count(codes: np.ndarray) -> np.ndarray:
    """Ones of each uint32 or uint64 of [T]."""
    halves = np.ascontiguousarray(codes).view(np.uint16).reshape(len(codes), -1)
    return _ONES[halves].sum(1, dtype=np.int64)


def meetings(prints: Sequence[np.ndarray], most_bits: int) -> Iterator[Meeting]:
    """Each once, in order. `prints`: uint32 or uint64 [T]; code 0 says nothing. `most_bits`: that two codes
    which meet differ in."""
    if not prints:
        return
    codes = np.concatenate(prints)
    owner = np.repeat(np.arange(len(prints)), [len(p) for p in prints])
    place = np.concatenate([np.arange(len(p)) for p in prints])
    said = codes != 0
    codes, owner, place = codes[said], owner[said], place[said]
    found = [np.zeros((0, 3), np.int64)]
    width = codes.dtype.itemsize * 8
    for turn in range(0, width, width // ROTATIONS):
        key = codes if turn == 0 else (codes << codes.dtype.type(turn)) | (codes >> codes.dtype.type(width - turn))
        order = np.lexsort((owner, place, key))
        for step in range(1, NEIGHBOURS + 1):
            found.append(_pairs(order[:-step], order[step:], codes, owner, place, most_bits))
    for first, second, offset in np.unique(np.concatenate(found), axis=0).tolist():
        yield Meeting(first, second, offset)


def overlap(first: np.ndarray, second: np.ndarray, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes of both that lie over each other."""
    first, second = first[max(0, offset) :], second[max(0, -offset) :]
    count = min(len(first), len(second))
    return first[:count], second[:count]


def _pairs(
    a: np.ndarray, b: np.ndarray, codes: np.ndarray, owner: np.ndarray, place: np.ndarray, most_bits: int
) -> np.ndarray:
    """[n, 3]: first, second, offset of the neighbours that meet."""
    near = (owner[a] != owner[b]) & (bit_count(codes[a] ^ codes[b]) <= most_bits)
    a, b = a[near], b[near]
    a, b = np.where(owner[a] < owner[b], a, b), np.where(owner[a] < owner[b], b, a)
    return np.stack([owner[a], owner[b], place[a] - place[b]], axis=1)
