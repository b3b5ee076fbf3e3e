"""Clips are cut to windows of the training length, and short ones joined to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from manifest_clips import EIGHT, film

from kling_foley_core.data.curation import Cutting, Piece
from kling_foley_core.data.curation.cut import cut
from kling_foley_core.data.curation.join import LEAST_PART, join
from kling_foley_core.data.curation.windows import window_of
from kling_foley_core.data.manifest import Label
from kling_foley_core.errors import InputError


def spans(pieces) -> list[tuple[float, float]]:
    return [(round(piece.start, 6), round(piece.seconds, 6)) for piece in pieces]


@pytest.mark.parametrize(
    "seconds, least, expected, left",
    [
        (8.0, 8, [(2, 8)], False),
        (24.0, 8, [(2, 8), (10, 8), (18, 8)], False),
        (20.5, 8, [(2, 8), (10, 8)], True),
        (20.5, 4, [(2, 8), (10, 8), (18, 4.48)], False),  # whole frames at 25 a second
        (8.01, 8, [(2, 8)], False),  # less than a frame is nothing
        (5.083, 8, [(2, 5.08)], False),
        (0.9, 8, [], True),
    ],
)
def test_cut(seconds, least, expected, left) -> None:
    pieces, rejected = cut(film("a", start=2.0), seconds, replace(EIGHT, least=float(least)))
    assert spans(pieces) == expected
    assert bool(rejected) == left


def test_what_is_left_over_is_named() -> None:
    _, (rejected,) = cut(film("a", start=2.0), 20.5, EIGHT)
    assert (rejected.id, rejected.reason) == ("a 18.00-22.50", "short remainder")
    assert "18.00 to 22.50 s" in rejected.why


def test_a_window_says_where_it_lies_in_its_source() -> None:
    clip = film(
        "a", "a dog", start=2.0, labels=[("bark", 1, 9), ("tick", 8, 8), ("rain", 0, 30), ("end", 16, 17)]
    )
    window = window_of(Piece(clip, 10.0, 8.0), 60.0)
    assert (window.seconds_start, window.seconds_total, window.seconds) == (10.0, 60.0, 8.0)
    assert window.labels == (Label("bark", 0, 1), Label("tick", 0, 0), Label("rain", 0, 8))
    assert (window.id, window.caption, window.split) == ("a 10.00-18.00", "a dog", "train")


def test_short_clips_are_joined_each_once() -> None:
    pieces = [Piece(film(f"clip{number}", f"event {number}."), 0.0, 3.0) for number in range(10)]
    windows, rejected = join(pieces, EIGHT)
    assert [window.seconds for window in windows] == [8.0] * 3
    assert all(spans(window.pieces) == [(0, 3), (0, 3), (0, 2)] for window in windows)
    used = Counter(piece.clip.id for window in windows for piece in window.pieces)
    assert set(used.values()) == {1} and len(used) == 9
    assert [r.reason for r in rejected] == ["too short to join"]
    assert {rejected[0].id.split()[0], *used} == {piece.clip.id for piece in pieces}
    first, second, third = (piece.clip.caption.rstrip(".") for piece in windows[0].pieces)
    assert windows[0].caption == f"{first}, then {second}, then {third}"
    assert (windows[0].seconds_start, windows[0].seconds_total) == (0.0, 8.0)
    assert len({window.id for window in windows}) == 3


def test_joining_is_drawn_by_the_seed() -> None:
    pieces = [Piece(film(f"clip{number}"), 0.0, 4.0) for number in range(20)]
    assert join(pieces, EIGHT) == join(reversed(pieces), EIGHT)
    assert join(pieces, EIGHT)[0] != join(pieces, replace(EIGHT, seed=1))[0]


def test_only_what_is_alike_is_joined() -> None:
    sound = replace(film("s", "x"), video=None, audio=Path("s.wav"))
    clips = [film("a", "x"), film("b", "x", split="held_out"), film("c"), film("d", "x", kind="music"), sound]
    pieces = [Piece(replace(c, id=f"{c.id}{n}"), 0.0, 4.0) for c in clips for n in range(2)]
    windows, rejected = join(pieces, EIGHT)
    assert not rejected
    assert sorted("".join(sorted(p.clip.id for p in w.pieces)) for w in windows) == [
        "a0a1", "b0b1", "c0c1", "d0d1", "s0s1",
    ]  # fmt: skip


def test_labels_and_licences_of_joined_clips() -> None:
    first = film("a", labels=[("bark", 1, 2)], licence="CC0", start=5.0)
    second = film("b", labels=[("rain", 0, 9)], licence="CC-BY", start=1.0)
    (window,), _ = join([Piece(first, 5.0, 4.0), Piece(second, 1.0, 6.0)], EIGHT)
    at = {piece.clip.id: sum(p.seconds for p in window.pieces[:k]) for k, piece in enumerate(window.pieces)}
    seconds = {piece.clip.id: piece.seconds for piece in window.pieces}
    expected = {Label("bark", at["a"] + 1, at["a"] + 2), Label("rain", at["b"], at["b"] + seconds["b"])}
    assert set(window.labels) == expected
    assert window.licence == "CC-BY, CC0"


@pytest.mark.parametrize("second", [2.96, 2.5, 2.0])
def test_no_part_of_a_window_is_a_splinter(second) -> None:
    pieces = [Piece(film("a"), 0.0, 5.0), Piece(film("b"), 0.0, second), Piece(film("c"), 0.0, 4.0)]
    (window,), rejected = join(pieces, EIGHT)
    assert sum(piece.seconds for piece in window.pieces) == pytest.approx(8.0)
    assert min(piece.seconds for piece in window.pieces) >= LEAST_PART - 1e-6
    assert len(window.pieces) + len(rejected) == 3


def test_what_is_at_least_long_enough_is_kept_after_joining() -> None:
    pieces = [Piece(film(name), 0.0, 2.0) for name in "abc"]
    (window,), rejected = join(pieces, replace(EIGHT, least=6.0))
    assert window.seconds == 6.0 and not rejected


@pytest.mark.parametrize(
    "values, said",
    [
        ({"seconds": 0.5}, "--seconds 0.5"),
        ({"seconds": float("nan")}, "--seconds nan"),
        ({"seconds": 601.0}, "--seconds 601"),
        ({"least": 9.0}, "--least 9"),
        ({"least": 0.0}, "--least 0"),
        ({"augment": -1.0}, "--augment -1"),
        ({"augment": float("nan")}, "--augment nan"),
    ],
)
def test_impossible_cuttings(values, said) -> None:
    with pytest.raises(InputError, match=said):
        Cutting(**{"seconds": 8.0, "least": 8.0, "augment": 0.0, "seed": 0, **values})
