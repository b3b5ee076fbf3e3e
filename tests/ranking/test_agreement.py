"""Onsets against movement whose truth is known."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.preview.motion import Movement
from kling_foley_core.ranking.agreement import WIDTH, agreement, meeting, moving

FPS, SECONDS = 25, 8
SEEN = (0.8, 2.0, 3.4, 5.0, 6.6)


def movement(times: tuple[float, ...] = SEEN) -> Movement:
    """Much moves for 0.2 s around each time, a little otherwise."""
    at = torch.arange(FPS * SECONDS) / FPS
    curve = torch.full((len(at),), 0.1)
    for time in times:
        curve += 5 * (1 - (at - time).abs() / 0.2).clamp(min=0)
    return Movement(curve, times, FPS)


def test_a_sound_in_time_agrees_fully() -> None:
    assert meeting(SEEN, SEEN) == pytest.approx(1)
    assert agreement(SEEN, movement()) > 0.95


@pytest.mark.parametrize(
    "worse",
    [
        [t + 0.1 for t in SEEN],  # late
        [t - 0.1 for t in SEEN],  # early
        list(SEEN[:3]),  # two are missing
        sorted([*SEEN, 1.4, 4.2]),  # two are too many
    ],
)
def test_late_early_missing_and_false_onsets_lower_it(worse: list[float]) -> None:
    assert agreement(worse, movement()) < agreement(SEEN, movement()) - 0.05


def test_it_falls_steadily_with_the_delay() -> None:
    found = [agreement([t + late for t in SEEN], movement()) for late in (0, 0.02, 0.05, 0.1, 0.3)]
    assert found == sorted(found, reverse=True)
    assert meeting([1.0 + WIDTH], [1.0]) == pytest.approx(0.6065, abs=1e-3)


def test_many_onsets_gain_nothing_by_chance() -> None:
    many = [k / 20 for k in range(SECONDS * 20)]
    assert agreement(many, movement()) < 0.6 < agreement(SEEN, movement())


def test_an_onset_is_valued_by_how_much_less_moves_elsewhere() -> None:
    rising = Movement(torch.arange(100.0), (), FPS)
    assert moving([0.0], rising) < 0.05 and moving([2.0], rising) == pytest.approx(0.5, abs=0.02)
    assert moving([3.96], rising) > 0.95 and moving([60.0], rising) == moving([3.96], rising)


def test_where_nothing_is_heard_or_nothing_moves() -> None:
    still = Movement(torch.zeros(50), (), FPS)
    assert agreement([], still) == 1 and agreement([], movement()) == 0
    assert agreement([0.5], still) == 0
    assert agreement([1.0], Movement(torch.zeros(1), (), FPS)) == 0
