"""The picture's rows against what is known of the sound and the film."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.preview.picture import EDGE, GAP, MARGIN, TEXT, picture
from kling_foley_core.preview.rows import (
    ABOVE,
    BELOW,
    INK,
    MOTION,
    MOVED,
    PAN,
    PAPER,
    SPECTROGRAM,
    STRIP,
    WIDTH,
    frequency_labels,
    spectrogram,
    stacked,
)

RATE = 8000
STRIP_TOP, MOTION_TOP = GAP, GAP + STRIP + GAP // 2
PLAIN = SPECTROGRAM + PAN + 2 * GAP + 2 * TEXT


def drawn(*args, **kwargs) -> np.ndarray:
    return np.asarray(picture(*args, **kwargs))


def columns(image: np.ndarray, colour: tuple[int, int, int], rows: slice) -> np.ndarray:
    """Where the colour stands in these rows, in shares of the time axis."""
    return (np.flatnonzero((image[rows] == colour).all(-1).any(0)) - MARGIN) / WIDTH


def red_film(count: int) -> torch.Tensor:
    frames = torch.zeros(count, 3, 10, 10, dtype=torch.uint8)
    frames[:, 0] = 200
    return frames


def test_rows_come_with_what_they_show() -> None:
    sound = torch.zeros(1, RATE)
    assert drawn(sound, RATE).shape == (PLAIN, MARGIN + WIDTH + EDGE, 3)
    assert drawn(sound, RATE, red_film(5)).shape[0] == PLAIN + STRIP + GAP
    both = drawn(sound, RATE, red_film(5), motion=torch.ones(5))
    assert both.shape[0] == PLAIN + STRIP + GAP + MOTION + GAP


def test_ticks_stand_at_their_times_seen_above_heard_below() -> None:
    image = drawn(torch.zeros(2, 2 * RATE), RATE, ticks_above=[0.5], ticks_below=[1.5])
    above, below = columns(image, ABOVE, slice(0, GAP)), columns(image, BELOW, slice(GAP + SPECTROGRAM, None))
    assert abs(above.mean() - 0.25) < 0.002 and abs(below.mean() - 0.75) < 0.002


@pytest.mark.parametrize(("film_seconds", "share"), [(1.0, 0.5), (2.0, 1.0), (8.0, 1.0)])
def test_film_and_motion_keep_their_own_time(film_seconds: float, share: float) -> None:
    """Sound of 2 s: a shorter film leaves the rest empty, a longer one is cut."""
    motion = torch.zeros(100)
    motion[50] = 3.0
    sound = torch.zeros(1, 2 * RATE)
    image = drawn(sound, RATE, red_film(100), film_seconds=film_seconds, motion=motion)
    strip = columns(image, (200, 0, 0), slice(STRIP_TOP, STRIP_TOP + STRIP))
    assert abs(strip.max() - share) < 0.1
    peak = columns(image, MOVED, slice(MOTION_TOP + 2, MOTION_TOP + MOTION - 2))
    if film_seconds <= 2:
        assert abs(peak.mean() - film_seconds / 2 * 0.505) < 0.01
    else:
        assert len(peak) == 0  # it moves at 4 s


def test_a_film_is_shown_with_its_own_proportions() -> None:
    """One frame of ten is red: its column is as wide as it is shown."""
    frames = torch.zeros(10, 3, 8, 8, dtype=torch.uint8)
    frames[0, 0] = 200
    for aspect in (1.0, 2.0):
        image = drawn(torch.zeros(1, RATE), RATE, frames, aspect=aspect)
        red = columns(image, (200, 0, 0), slice(STRIP_TOP, STRIP_TOP + STRIP))
        each = STRIP * aspect
        assert abs(len(red) % each) < 2 or abs(len(red) % each - each) < 4


def test_little_motion_is_drawn_little() -> None:
    image = drawn(torch.zeros(1, RATE), RATE, red_film(4), motion=torch.full((4,), 0.05))
    assert len(columns(image, MOVED, slice(MOTION_TOP, MOTION_TOP + MOTION // 2))) == 0
    assert len(columns(image, MOVED, slice(MOTION_TOP + MOTION - 1, MOTION_TOP + MOTION))) == WIDTH


def test_shortest_sound_and_surround() -> None:
    assert drawn(torch.zeros(1, 1), RATE, red_film(1), motion=torch.zeros(1)).std() > 0
    with pytest.raises(InputError, match="1 or 2 channels"):
        picture(torch.zeros(6, 100), RATE)


def test_the_picture_is_dark_and_its_words_are_light() -> None:
    image = drawn(torch.zeros(1, RATE), RATE, red_film(4), motion=torch.ones(4))
    assert (image[:GAP] == PAPER).all() and np.median(image) < 60
    words = image[:, : MARGIN - 4]
    assert (words == INK).all(-1).sum() > 300 and (words.max(-1) <= max(INK)).all()


@pytest.mark.parametrize("hertz", [100, 1000, 10_000])
def test_a_tone_lies_at_the_row_that_is_named_after_it(hertz: int) -> None:
    rate = 44100
    tone = torch.sin(2 * torch.pi * hertz * torch.arange(rate) / rate)
    bright = np.asarray(spectrogram(tone, rate)).astype(int).sum(-1).mean(1)
    rows = {text: row for text, row in frequency_labels(rate)}
    name = f"{hertz} Hz" if hertz < 1000 else f"{hertz // 1000} kHz"
    loud = np.flatnonzero(bright > 0.9 * bright.max())
    assert loud.min() - 2 <= rows[name] <= loud.max() + 2


def test_frequencies_that_the_sound_can_not_have_are_not_named() -> None:
    assert [text for text, _ in frequency_labels(8000)] == ["1 kHz", "100 Hz"]


def test_rows_are_stacked_in_order() -> None:
    red, blue = Image.new("RGB", (WIDTH, 3), (200, 0, 0)), Image.new("RGB", (WIDTH, 5), (0, 0, 200))
    column = np.asarray(stacked([red, blue], 2))[:, 0].tolist()
    assert column == 3 * [[200, 0, 0]] + 2 * [list(PAPER)] + 5 * [[0, 0, 200]]
