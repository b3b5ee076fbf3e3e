"""What is asked of an existing sound: which parts, how long the result is, and what can't be."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kling_foley_core.editing import Edit
from kling_foley_core.errors import InputError

RATE = 48000


def sound(seconds: float, rate: int = RATE) -> torch.Tensor:
    return torch.zeros(2, round(seconds * rate))


def test_parts_are_ordered_and_an_extension_is_a_part() -> None:
    edit = Edit(sound(4), RATE, replace=[(3, 3.5), (0.1, 1)], extend=2.5)
    assert edit.seconds == Fraction(13, 2) and not edit.varies_all
    assert edit.spans == ((Fraction(1, 10), 1), (3, Fraction(7, 2)), (4, Fraction(13, 2)))


def test_every_latent_frame_that_a_part_touches_is_made() -> None:
    """At 10 frames a second; a part shorter than a frame makes that frame."""
    assert Edit(sound(1), RATE, replace=[(0.32, 0.33)]).anew(10, 10.0).nonzero().flatten().tolist() == [3]
    assert Edit(sound(1), RATE, replace=[(0.29, 0.41)]).anew(10, 10.0).nonzero().flatten().tolist() == [
        2,
        3,
        4,
    ]
    assert Edit(sound(0.5), RATE, extend=0.5).anew(12, 10.0).nonzero().flatten().tolist() == list(
        range(5, 12)
    )
    assert Edit(sound(1), RATE, strength=0.5).anew(12, 10.0).all(), "all of it is varied"
    assert not Edit(sound(1), RATE, replace=[(0.2, 0.3)]).anew(12, 10.0)[8:].any()


def test_the_films_length_counts_where_the_two_hardly_differ() -> None:
    film = Fraction(4)
    longer, shorter = (
        Edit(torch.ones(1, n), RATE, replace=[(1, n / RATE)]).lasting(film) for n in (193000, 191000)
    )
    assert longer.wave.shape == shorter.wave.shape == (1, 192000)
    assert shorter.wave[0, 190999] == 1 and not shorter.wave[0, 191000:].any()
    assert longer.spans[0][1] == 4
    assert Edit(sound(3), RATE, extend=1.05).lasting(film).spans == ((3, 4),)
    with pytest.raises(
        InputError, match=r"the sound has 3.000 s, the film 4.000 s; give a sound of the film's"
    ):
        Edit(sound(3), RATE, replace=[(1, 2)]).lasting(film)
    with pytest.raises(InputError, match=r"3.000 s and is extended by 0.5 s, the film 4.000 s"):
        Edit(sound(3), RATE, extend=0.5).lasting(film)


def test_how_much_of_a_film_is_looked_at() -> None:
    extended, repaired = Edit(sound(3), RATE, extend=2), Edit(sound(3), RATE, replace=[(1, 2)])
    assert extended.window(None, Fraction(8)) == 5 and repaired.window(None, Fraction(3)) == 3
    assert extended.window(None, None) == 5 and repaired.window(3, None) == 3
    with pytest.raises(
        InputError, match=r"extend = 2: the sound has 3.000 s and the film 4.000 s; give at most 1.000"
    ):
        extended.window(None, Fraction(4))
    for edit, whole in ((extended, Fraction(8)), (repaired, None)):
        with pytest.raises(InputError, match="seconds = 4: the edited sound's length"):
            edit.window(4, whole)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replace": [(3, 2)]}, "replace 3-2: give the seconds it begins and, behind that"),
        ({"replace": [(1, 1)]}, "replace 1-1"),
        ({"replace": [(-1, 1)]}, "replace -1-1"),
        ({"replace": [(1, float("nan"))]}, "replace 1-nan"),
        ({"replace": [(0, 2), (1, 3)]}, "replace 1-3: it overlaps 0-2"),
        ({"replace": [(3, 5)]}, "replace 3-5: the sound has 4.000 s; stay within"),
        ({"replace": [(4.01, 4.05)]}, "the sound ends at 4.000 s"),
        ({"extend": -1}, "extend = -1"),
        ({"extend": float("inf")}, "extend = inf"),
        ({"extend": 2, "strength": 0.5}, "strength = 0.5: behind the sound's end there is nothing"),
        ({"strength": 0}, "strength = 0: give 0.01"),
        ({"strength": 1.5}, "strength = 1.5"),
        ({"strength": float("nan")}, "strength = nan"),
        ({"rate": 0}, "rate = 0"),
        ({"rate": 44100.5}, "rate = 44100.5"),
        ({"wave": torch.zeros(3, 100)}, r"its shape is \(3, 100\)"),
        ({"wave": torch.zeros(100)}, r"its shape is \(100,\)"),
        ({"wave": torch.full((1, 100), float("nan"))}, "NaN or infinite"),
    ],
)
def test_what_cannot_be_is_named(options, message) -> None:
    with pytest.raises(InputError, match=message):
        Edit(**({"wave": sound(4), "rate": RATE} | options))
