"""Pooled measures against what repeating the clips gives, one resample at a time; their intervals."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest

from kling_foley_core.evaluation.measures.intervals import RESAMPLES
from kling_foley_core.evaluation.measures.pooled import Pool, ends_of, mean_of, value_of
from kling_foley_core.evaluation.measures.statistics import pearson

CLIPS = 6


@pytest.fixture(scope="module")
def draw() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def pool() -> Pool:
    found = Pool.resampled(CLIPS)
    assert found.draws.shape == (RESAMPLES, CLIPS) and (found.draws.sum(1) == CLIPS).all()
    return Pool(found.draws[:200])


def repeated(pool: Pool, values: list) -> list[list]:
    """Of each resample: every value of the clips drawn, as often as they are."""
    return [
        [v for found, times in zip(values, row, strict=True) for v in [*found] * int(times)]
        for row in pool.draws
    ]


def test_mean_and_median_are_those_of_clips_repeated(pool, draw) -> None:
    values = [draw.normal(size=n).round(1).tolist() for n in (3, 0, 1, 4, 2, 0)]
    for measured, plain in ((pool.mean(values), np.mean), (pool.median(values), median)):
        want = [plain(found) if found else np.nan for found in repeated(pool, values)]
        np.testing.assert_allclose(measured, want, rtol=0, atol=1e-12)


def test_pearson_is_that_of_clips_repeated(pool, draw) -> None:
    pairs = [[(x, x + y) for x, y in draw.normal(size=(n, 2)) + [100.0, 0.0]] for n in (3, 0, 2, 4, 1, 2)]
    want = [pearson(*zip(*found, strict=True)) if found else None for found in repeated(pool, pairs)]
    assert None in want
    np.testing.assert_allclose(pool.pearson(pairs), np.array(want, float), rtol=0, atol=1e-9)
    flat = [[(float(k), 0.3) for k in range(9)]] * CLIPS
    assert (pool.pearson(flat) == 0).all() and np.isnan(pool.pearson([[]] * CLIPS)).all()


def test_a_share_is_of_all_events_and_none_of_none() -> None:
    whole = Pool.whole(3)
    assert value_of(whole.share([1, 0, 2], [1, 0, 5])) == 0.5
    assert value_of(whole.share([0, 0, 0], [0, 0, 0])) is None
    assert value_of(whole.median([[], [], []])) is None
    assert value_of(mean_of([np.array([1.0]), np.array([np.nan]), np.array([0.5])])) == 0.75


def test_the_interval_of_a_constant_is_it_and_one_clips_is_none() -> None:
    pool = Pool.resampled(5)
    assert ends_of(pool.mean([[0.25]] * 5)) == (0.25, 0.25) == ends_of(pool.median([[0.25]] * 5))
    assert ends_of(pool.mean([[0.25], [], [], [], []])) is None
    for clips in (2, 3, 64):  # one clip alone says nothing of others, two do
        every = Pool.resampled(clips)
        assert ends_of(every.mean([[1.0]] + [[]] * (clips - 1))) is None
        assert ends_of(every.mean([[1.0], [0.0]] + [[]] * (clips - 2))) == (0.0, 1.0)


def test_the_interval_holds_what_theory_says(draw) -> None:
    values = draw.normal(size=400)
    low, high = ends_of(Pool.resampled(400).mean([[v] for v in values]))
    spread = 1.96 * values.std() / 20
    assert [low, high] == pytest.approx([values.mean() - spread, values.mean() + spread], abs=0.1 * spread)
    assert (low, high) == ends_of(Pool.resampled(400).mean([[v] for v in values]))
