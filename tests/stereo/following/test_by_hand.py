"""Places by hand: their text, masks."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.stereo.following import parse_places, path_of_mask, path_of_places
from kling_foley_core.stereo.following.path import PATH_RATE


def test_places_are_linear_between_their_times_and_held_outside() -> None:
    path = path_of_places(parse_places("1:-1, 3:0.2, 8:1"), 10.0)
    at = {t: float(path.position[round(t * PATH_RATE)]) for t in (0, 1, 2, 3, 5.5, 8, 10)}
    assert at == pytest.approx({0: -1, 1: -1, 2: -0.4, 3: 0.2, 5.5: 0.6, 8: 1, 10: 1}, abs=1e-5)
    assert path.spread.max() == 0


def test_one_place_is_for_all_of_it() -> None:
    assert torch.all(path_of_places(parse_places("0:0.5"), 2.0).position == 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no time with a place"),
        ("left", "'left' is no time"),
        ("0:-1, 3", "'3' is no time"),
        ("0:-1, 3:2", "3:2 lies outside"),
        ("-1:0", "lies outside"),
        ("0:nan", "lies outside"),
        ("inf:0", "lies outside"),
        ("3:0, 1:0", "1 s comes behind 3 s"),
        ("1:0, 1:1", "1 s comes behind 1 s"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_places(text)


def test_a_place_behind_the_end_is_named() -> None:
    with pytest.raises(InputError, match=r"5 s lies behind the end of the sound \(4.00 s\)"):
        path_of_places([(0, 0), (5, 1)], 4.0)


def test_a_mask_of_each_frame_gives_its_centre_and_width() -> None:
    mask = torch.zeros(4, 6, 100)
    mask[0, :, 10:20], mask[1, :, 40:60], mask[3, 2, 90:100] = 1, 1, 1  # nothing in the third
    path = path_of_mask(mask, 4.0)
    at = [float(path.position[round(t * PATH_RATE)]) for t in (0, 0.5, 1.5, 2.5, 3.5, 4)]
    assert at == pytest.approx([-0.7, -0.7, 0, 0.45, 0.9, 0.9], abs=0.01)
    assert path.spread[50] < path.spread[150] == pytest.approx(0.2, abs=0.01)


def test_one_mask_is_for_all_of_it() -> None:
    path = path_of_mask(torch.ones(1, 8, 8), 3.0)
    assert path.position.abs().max() < 1e-6 and path.spread.min() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.zeros(2, 8, 8), "empty in every frame"),
        (torch.zeros(8, 8), "is \\(8, 8\\)"),
        (torch.ones(1, 8, 8, dtype=torch.uint8), "uint8"),
        (torch.full((1, 8, 8), float("nan")), "empty"),
    ],
)
def test_a_mask_that_says_nothing_is_named(mask: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        path_of_mask(mask, 2.0)
