"""Prompts over a clip: a text for each moment, the untimed joined with the timed."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.prompts import TimedTokens, parse, spread


def said(prompt: str, seconds: float) -> list[tuple[float, str]]:
    """(end of the stretch, its text) from the beginning to the end."""
    texts, schedule = spread(parse(prompt), seconds)
    ends = [*map(float, schedule.borders), float(seconds)]
    return [(end, texts[i]) for end, i in zip(ends, schedule.texts, strict=True)]


@pytest.mark.parametrize(
    ("prompt", "want"),
    [
        ("", [(8, "")]),
        ("rain", [(8, "rain")]),
        ("[0-3.5] steps [3.5-8] a door", [(3.5, "steps"), (8, "a door")]),
        ("wind [0-3.5] steps [3.5-] a door", [(3.5, "wind, steps"), (8, "wind, a door")]),
        ("Wind. [2-4] steps", [(2, "Wind. "), (4, "Wind, steps"), (8, "Wind. ")]),
        ("[2-4] steps", [(2, ""), (4, "steps"), (8, "")]),
        ("[-2] a [6-] b", [(2, "a"), (6, ""), (8, "b")]),
        ("wind [2-4]", [(2, "wind"), (4, "wind"), (8, "wind")]),
        ("[0-8.05] a", [(8, "a")]),
        ("[0-7.95] a", [(8, "a")]),
        ("[0-7.8] a", [(7.8, "a"), (8, "")]),
    ],
)
def test_every_moment_has_one_text(prompt, want) -> None:
    assert [(end, text.strip()) for end, text in said(prompt, 8)] == [(e, t.strip()) for e, t in want]


def test_the_same_text_is_one_text() -> None:
    texts, schedule = spread(parse("[0-1] a [1-2] b [2-3] a"), 3)
    assert texts == ("a", "b") and schedule.texts == (0, 1, 0)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("[0-9] a", r"negative_prompt: \[0-9\] lies outside of the sound, which has 8 s"),
        ("[8-] a", "outside"),
        ("[9-10] a", "outside"),
        ("[0-4] a [8.5-] b", r"\[8.5-\] lies outside"),
    ],
)
def test_times_outside_of_the_clip_are_refused(prompt, message) -> None:
    with pytest.raises(InputError, match=message):
        spread(parse(prompt), 8, "negative_prompt")


def test_lengths_that_no_float_holds() -> None:
    """29.97 frames a second: the clip's end is no border of its own."""
    assert len(said("[0-4] a [4-8.008] b", Fraction(240 * 1001, 30000))) == 2
    assert len(said("[0-1.1] a", 1.1)) == 1  # 1.1 as a float lies behind 11/10


def test_each_text_is_encoded_once() -> None:
    seen = []

    def encode(text):
        seen.append(text)
        return torch.zeros(1, 2, 3)

    made = TimedTokens.encoded(parse("[0-1] a [1-2] b [2-3] a"), 3, encode)
    assert seen == ["a", "b"] and len(made.tokens) == 2
