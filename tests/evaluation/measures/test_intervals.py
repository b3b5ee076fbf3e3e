"""Intervals against the plain bootstrap and against fresh clips; differences of two runs."""

from __future__ import annotations

import numpy as np
import pytest

from kling_foley_core.evaluation.measures.frechet import frechet_distance, frechet_influences
from kling_foley_core.evaluation.measures.intervals import (
    BLOCK,
    ENDS,
    RESAMPLES,
    SEED,
    interval,
    mean_difference,
    mean_influences,
    resampled,
    set_difference,
)


def test_of_a_mean_it_is_the_plain_bootstrap_widened_by_students_t() -> None:
    figures = np.random.RandomState(0).exponential(size=30)
    draw = np.random.RandomState(SEED)
    means = [figures[draw.randint(0, 30, 30)].mean() for _ in range(RESAMPLES)]
    wider = (30 / 29) ** 0.5 * 2.045230 / 1.959964
    ends = figures.mean() + wider * (np.percentile(means, ENDS) - figures.mean())
    assert interval(figures.mean(), mean_influences(figures)) == pytest.approx(ends)


@pytest.mark.parametrize("clips", [2, 4, 8, 40])
def test_two_equal_systems_differ_in_one_of_twenty_comparisons_of_few_clips_too(clips: int) -> None:
    rng, differ = np.random.RandomState(0), 0
    for _ in range(600):
        a, b = ({str(i): float(figure) for i, figure in enumerate(rng.randn(clips))} for _ in range(2))
        found = mean_difference(a, b)
        differ += not found["low"] <= 0 <= found["high"]
    assert 0.03 <= differ / 600 <= 0.09


def test_same_clips_same_numbers_however_many_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moves = mean_influences(np.random.RandomState(0).randn(70))
    whole = resampled(moves)
    assert len(whole) == RESAMPLES and BLOCK > 70 * RESAMPLES
    monkeypatch.setattr("kling_foley_core.evaluation.measures.intervals.BLOCK", 1000)
    assert np.array_equal(resampled(moves), whole)


def test_one_clip_has_no_interval() -> None:
    assert interval(3.0, [0.0]) == (None, None)


def fresh(rng: np.random.RandomState, clips: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Generated features and, paired with them, true ones."""
    true = rng.randn(clips, d) * np.linspace(2, 0.2, d)
    return 0.7 * true + rng.randn(clips, d) * np.linspace(1, 0.5, d) + 0.4, true


@pytest.mark.parametrize(("clips", "d"), [(80, 4), (40, 60)], ids=["more clips than numbers", "fewer"])
def test_nineteen_of_twenty_frechet_intervals_hold_what_clips_of_that_number_give(clips: int, d: int) -> None:
    rng = np.random.RandomState(0)
    truth = np.mean([frechet_distance(*fresh(rng, clips, d)) for _ in range(300)])
    held, which = 0, (np.arange(clips), np.arange(clips))
    for _ in range(200):
        low, high = interval(*frechet_influences(*fresh(rng, clips, d), which))
        held += low <= truth <= high
    assert 0.90 <= held / 200 <= 0.99


def test_two_runs_pair_by_pair() -> None:
    """A difference that every clip has is certain, however much the clips themselves vary."""
    rng = np.random.RandomState(0)
    b = {str(i): float(v) for i, v in enumerate(100 * rng.randn(40))}
    a = {clip: v + 1 + 0.01 * rng.randn() for clip, v in b.items()} | {"only in a": 1e6}
    found = mean_difference(a, b)
    assert found["clips"] == 40 and found["value"] == pytest.approx(1, abs=0.01)
    assert 0.99 < found["low"] < found["value"] < found["high"] < 1.01
    assert mean_difference(a, {"other": 1.0}) is None


def test_two_runs_by_their_influences() -> None:
    """A run against itself never differs; one that is nearer on every clip is surely better."""
    x, y = fresh(np.random.RandomState(0), 60, 5)
    near = y + 0.5 * (x - y)
    runs = []
    for sounds in (x, near):
        value, moves = frechet_influences(sounds, y, (np.arange(60), np.arange(60)))
        runs.append((value, dict(zip(map(str, range(60)), moves, strict=True))))
    same = set_difference(runs[0], runs[0])
    assert same == {"value": 0, "low": 0, "high": 0, "clips": 60}
    apart = set_difference(runs[0], runs[1])
    assert apart["value"] == pytest.approx(runs[0][0] - runs[1][0]) and apart["low"] > 0
    assert set_difference(runs[0], (1.0, {"other": 0.0})) is None


def test_clips_of_one_run_alone_move_the_difference_too() -> None:
    rng = np.random.RandomState(0)
    a = {f"clip {k:02d}": float(move) for k, move in enumerate(rng.randn(40))}
    b = {f"clip {k:02d}": float(move) for k, move in enumerate(rng.randn(40), start=20)}
    apart = [a.get(f"clip {k:02d}", 0.0) - b.get(f"clip {k:02d}", 0.0) for k in range(60)]
    low, high = interval(1.0, apart)
    assert set_difference((5.0, a), (4.0, b)) == {"value": 1.0, "low": low, "high": high, "clips": 60}
