"""Prompts as they are typed: which text has which times, and what can't be read as times."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.prompts import Timed, parse


def timed(text: str) -> list[tuple[float, float | None, str]]:
    return [(float(t.start), None if t.end is None else float(t.end), t.text) for t in parse(text).timed]


def test_the_issues_own_example() -> None:
    made = parse("wind [0-3.5] footsteps on gravel [3.5-8] a door slams, then rain")
    assert made.everywhere == "wind"
    assert made.timed == (
        Timed(Fraction(0), Fraction(7, 2), "footsteps on gravel"),
        Timed(Fraction(7, 2), Fraction(8), "a door slams, then rain"),
    )


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("[2-3]", 2, 3),
        ("[ 2.5 - 3.25 ]", 2.5, 3.25),
        ("[2s-3.5s]", 2, 3.5),
        ("[2-]", 2, None),
        ("[-3.5]", 0, 3.5),
        ("[.5-1.]", 0.5, 1),
        ("[1:07.5-1:10]", 67.5, 70),
        ("[1:01:07-1:01:08]", 3667, 3668),
        ("[2\u20133]", 2, 3),  # en dash, which word processors put
        ("[2\u20143]", 2, 3),
    ],
)
def test_forms_of_times(written, start, end) -> None:
    assert timed(f"{written} bang") == [(start, end, "bang")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rain",
        "a door [slams]",
        "take [2]",
        "a [well-known] tune",
        "[10-4 good buddy] says a voice",
        "[-]",
        "[]",
        "a ] b [ 1-2",
        "[[a-b]]",
        "(1-2) {3-4}",
        "\u0663 [\u0661-\u0662]",  # digits of other scripts are no times
    ],
)
def test_what_holds_no_times_is_text(text) -> None:
    assert parse(text).everywhere == text and parse(text).timed == ()


def test_a_bracket_within_timed_text_belongs_to_it() -> None:
    assert timed("[0-2] a [big] bang [2-] hiss") == [(0, 2, "a [big] bang"), (2, None, "hiss")]


def test_times_may_come_in_any_order_and_texts_may_be_empty() -> None:
    assert timed("[4-] c [0-2] [2-4] b") == [(0, 2, ""), (2, 4, "b"), (4, None, "c")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[0-4] a [3-5] b", r"\[0-4\] and \[3-5\] overlap; let one end"),
        ("[3-5] b [0-4] a", "overlap"),
        ("[2-] a [3-5] b", r"\[2-\] and \[3-5\] overlap"),
        ("[2-3] a [2-3] b", "overlap"),
        ("[5-3] a", r"\[5-3\] runs backwards"),
        ("[3-3] a", r"\[3-3\] runs backwards or lasts no time"),
        ("[-0] a", "backwards"),
        ("[3,5-8] a", r"\[3,5-8\] can't be read as times.*\[2-3.5\]"),
        ("[1-2-3] a", "can't be read"),
        ("[--3] a", "can't be read"),
        ("[1.2.3-4] a", "can't be read"),
        ("[1:2:3:4-] a", "can't be read"),
        ("[1-\n2\n-3] a", "can't be read"),
        (f"[{'9' * 5000}-] a", "can't be read"),
    ],
)
def test_bad_times_are_one_line_that_names_the_input(text, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(text, "negative_prompt")
    assert str(caught.value).startswith("negative_prompt: ") and "\n" not in str(caught.value)


def test_a_long_hostile_prompt_takes_no_time() -> None:
    for text in ("[" * 200_000, "[1-" * 50_000, "[" + "1:" * 100_000 + "]", "[" + " " * 200_000 + "-x]"):
        assert parse(text).everywhere == text


def test_long_times_are_refused_at_once() -> None:
    for times in (" " * 20_000 + ",-1", "1" + " " * 20_000 + ",-"):
        with pytest.raises(InputError, match="can't be read"):
            parse(f"[{times}] a")
