"""Pairs of true and detected onsets against trying everything; counts against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kling_foley_core.evaluation.measures.matching import (
    TOLERANCE,
    Hits,
    count,
    hits_of,
    judged,
    merged,
    pairs,
    total,
)
from kling_foley_core.foley_world import make_scene, truth_of


def most_pairs(true: list[float], detected: list[float]) -> int:
    """Every way to leave out or pair the first true onset."""
    if not true:
        return 0
    best = most_pairs(true[1:], detected)
    for j, time in enumerate(detected):
        if abs(time - true[0]) <= TOLERANCE:
            best = max(best, 1 + most_pairs(true[1:], detected[:j] + detected[j + 1 :]))
    return best


def test_as_many_pairs_as_there_can_be() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        true, detected = (sorted(rng.uniform(0, 0.5, rng.integers(0, 7)).tolist()) for _ in range(2))
        found = pairs(true, detected)
        assert len(found) == most_pairs(true, detected)
        assert all(abs(true[i] - detected[j]) <= TOLERANCE for i, j in found)
        assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)


def test_counts_by_hand() -> None:
    hits = count([1.0, 2.0, 3.0], [1.02, 2.2, 2.96, 4.0], ignored=[(3.9, 4.1)])
    assert (hits.matched, hits.false, hits.missed) == (2, 1, 1)
    assert hits.precision == pytest.approx(2 / 3) and hits.recall == pytest.approx(2 / 3)
    assert hits.f1 == pytest.approx(2 / 3) and hits.offset_ms == pytest.approx(30.0)
    both = total([hits, Hits(1, 0, 3, (0.0,))])
    assert (both.matched, both.false, both.missed) == (3, 1, 4) and both.offset_ms == pytest.approx(20.0)


def test_neighbours_are_one() -> None:
    assert merged([1.0, 1.03, 1.045, 1.2]) == [1.0, 1.2]
    hits = count([1.0], [0.945, 0.99, 1.7, 1.72])  # an early onset takes nothing from the one that is right
    assert (hits.matched, hits.missed, hits.offsets) == (1, 0, (pytest.approx(-0.01),))
    assert hits.false == 1  # not 0.945, a neighbour; 1.7 and 1.72 are one


def test_nothing_to_find_is_no_score() -> None:
    silent, wrong = count([], []), count([], [1.0])
    assert silent.f1 is silent.precision is silent.recall is wrong.recall is None
    assert wrong.f1 == wrong.precision == 0


def test_shards_are_forgiven_and_nothing_else() -> None:
    truth = next(
        t for t in (truth_of(make_scene(i, family="breaking")) for i in range(9)) if t.events[-1].time < 6.5
    )
    last = truth.events[-1].time
    detected = [e.time for e in truth.events]
    assert hits_of([*detected, last + 0.4], truth).false == 0
    assert hits_of([*detected, last + 1.3], truth).false == 1


def test_hits_of_a_part_of_the_clip() -> None:
    """Pairs belong where their true onset is; the parts add up to the whole."""
    true, detected = [1.0, 2.0, 3.0, 4.02], [1.03, 2.01, 3.98, 5.0, 5.02, 6.0]
    found = judged(true, detected, ignored=[(5.9, 6.1)])
    assert found.matched == ((1.0, 1.03), (2.0, 2.01), (4.02, 3.98))
    assert found.missed == (3.0,) and found.false == (5.0,)
    early, late = found.hits(lambda time: time < 4.0), found.hits(lambda time: time >= 4.0)
    assert (early.matched, early.false, early.missed) == (2, 0, 1)
    assert (late.matched, late.false, late.missed) == (1, 1, 0)
    assert total([early, late]) == count(true, detected, [(5.9, 6.1)])
