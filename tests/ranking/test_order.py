"""The order of numbers, worked out by hand."""

from kling_foley_core.ranking import best_first


def test_best_first_by_either_direction_and_of_equals_the_earlier():
    assert best_first([0.2, 0.9, 0.2, 0.5]) == [1, 3, 0, 2]
    assert best_first([0.2, 0.9, 0.2, 0.5], "lower") == [0, 2, 3, 1]


def test_what_has_no_number_comes_last():
    assert best_first([None, 0.0, None, -1.0]) == [1, 3, 0, 2]
    assert best_first([None, None]) == [0, 1] and best_first([]) == []
