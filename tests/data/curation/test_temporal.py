"""Temporal augmentation: single events joined in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from manifest_clips import EIGHT, film

from kling_foley_core.data.curation import Piece
from kling_foley_core.data.curation.join import sentence
from kling_foley_core.data.curation.temporal import MARGIN, augmented, names_one_event, single_event


def events(count: int) -> list[Piece]:
    return [Piece(film(f"clip{number:02}", f"event {number}"), 0.0, 4.0) for number in range(count)]


@pytest.mark.parametrize(
    "caption, one",
    [
        ("A dog barks.", True),
        ("church bell ringing", True),
        ("a dog barks and rain falls", False),
        ("a dog barks, birds sing", False),
        ("a door closes, then steps", False),
        ("a car passing by while it rains", False),
        ("a very long sentence about something that sounds a little", False),
    ],
)
def test_captions_of_one_event(caption, one) -> None:
    assert names_one_event(caption) == one


def test_the_part_with_the_only_event() -> None:
    long = film("a", "a dog barks and howls at cars", start=10.0, labels=[("bark", 3, 5)])
    found = single_event(Piece(long, 10.0, 8.0), 8.0)
    assert (found.start, found.seconds) == pytest.approx((13 - MARGIN, 2 + 2 * MARGIN))
    instant = replace(long, labels=(replace(long.labels[0], start=0.1, end=0.1),))
    found = single_event(Piece(instant, 10.0, 8.0), 8.0)
    assert found.start == 10.0 and found.seconds == pytest.approx(1.0)
    assert single_event(Piece(long, 18.0, 8.0), 8.0) is None  # of the next window


@pytest.mark.parametrize(
    "clip, seconds",
    [
        (film("a", "bark", labels=[("bark", 0, 1), ("rain", 0, 2)]), 4.0),
        (film("a", "bark", labels=[("bark", 0, 8)]), 8.0),
        (film("a", "bark"), 6.0),
        (film("a", ""), 4.0),
        (film("a", "bark, then rain"), 4.0),
    ],
)
def test_clips_that_are_no_single_event(clip, seconds) -> None:
    assert single_event(Piece(clip, 0.0, seconds), 8.0) is None


def test_as_many_as_asked_for_and_the_same_again() -> None:
    cutting = replace(EIGHT, augment=0.5)
    windows, notes = augmented(events(10), 20, cutting)
    assert len(windows) == 10 and not notes
    assert {window.seconds for window in windows} == {8.0}
    assert len({window.id for window in windows}) == len({w.pieces for w in windows}) == 10
    assert all(len({p.clip.id for p in w.pieces}) == 2 for w in windows)
    assert augmented(list(reversed(events(10))), 20, cutting)[0] == windows
    assert augmented(events(10), 20, replace(cutting, seed=1))[0] != windows


def test_captions_say_the_order() -> None:
    windows, _ = augmented(events(10), 40, replace(EIGHT, augment=1.0))
    for window in windows:
        first, second = (sentence(piece.clip.caption) for piece in window.pieces)
        assert window.caption in (
            f"{first}, then {second}",
            f"{first} followed by {second}",
            f"{second} after {first}",
            f"first {first}, then {second}",
        )


def test_too_few_events_are_noted() -> None:
    windows, (note,) = augmented(events(2), 10, replace(EIGHT, augment=1.0))
    assert len(windows) == 2  # each order once
    assert note.startswith("--augment 1: 2 of 10 windows could be made of 2")
    assert augmented(events(1), 10, replace(EIGHT, augment=1.0))[0] == []
    assert augmented([], 10, replace(EIGHT, augment=0.2))[0] == []
    assert augmented(events(9), 10, EIGHT) == ([], ())


def test_films_and_sounds_are_not_mixed() -> None:
    sounds = [replace(e, clip=replace(e.clip, video=None, audio=e.clip.video)) for e in events(6)[:3]]
    windows, _ = augmented([*events(6)[3:], *sounds], 20, replace(EIGHT, augment=1.0))
    assert len(windows) > 4
    assert all(len({piece.clip.pair for piece in window.pieces}) == 1 for window in windows)
