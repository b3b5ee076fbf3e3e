"""A sound's level goes around the codec in the graph too: kept by masks, by the host's sampler and by its
nodes for batches."""

from __future__ import annotations

import pytest
from inside import measured

LOUD, QUIET = 0.25, 0.0025  # RMS of the two sounds of inside_level
ONE_DB = 0.12


@pytest.fixture(scope="module")
def found(host) -> dict:
    return measured(host, "inside_level")


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("both", [LOUD, QUIET]),
        ("the quiet one", [QUIET]),
        ("twice", [LOUD, QUIET, LOUD, QUIET]),
    ],
)
def test_each_sound_comes_back_at_its_level(found, case, expected):
    assert found["round_trips"][case] == pytest.approx(expected, rel=ONE_DB)


def test_sounds_whose_levels_cannot_be_told_apart_are_refused(found):
    assert (
        "which gave 2 level(s), so it is unknown which is whose"
        in found["round_trips"]["the quiet one twice"]
    )


def test_a_latent_without_a_level_is_decoded_as_it_is(found):
    first, second = found["round_trips"]["generated"]
    assert first == pytest.approx(second, rel=0.01) and first < LOUD / 2


def test_a_mask_keeps_the_level_and_the_new_part_follows_it(found):
    kept, new = found["kept_part"]["kept"], found["kept_part"]["new"]
    assert kept == pytest.approx([LOUD, QUIET], rel=0.25)
    assert 25 < new[0] / new[1] < 400  # of one gain, but of two noises


def test_a_sound_that_is_all_new_has_no_level_of_another(found):
    assert found["all_new"] == {"all": False, "a part": True}
