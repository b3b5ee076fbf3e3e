"""The picture of a take: ticks where onsets are, the reference's pan in grey, a film strip where there is a
film."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kling_foley_core.evaluation.measures.hits import Onsets
from kling_foley_core.evaluation.report.take_picture import SeenFilm, take_picture, true_pans
from kling_foley_core.preview.motion import Movement
from kling_foley_core.preview.picture import GAP, MARGIN
from kling_foley_core.preview.rows import ABOVE, BELOW, MOTION, STRIP, TRUE, WIDTH

RATE, SECONDS = 8000, 4


def noise(left: float, right: float) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.tensor([[left], [right]]) * torch.randn(1, SECONDS * RATE, generator=draw)


def seconds_of(image, colour) -> list[float]:
    """Middles of the groups of columns that have pixels of this colour in the rows of ticks."""
    rows = np.asarray(image)
    columns = np.flatnonzero((rows == colour).all(-1).any(0))
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    return [float((g.mean() - MARGIN) / WIDTH * SECONDS) for g in groups if len(g)]


def test_true_onsets_are_red_and_heard_ones_blue() -> None:
    image = take_picture(torch.zeros(1, SECONDS * RATE), RATE, Onsets([1.0, 3.0], [0.5, 2.5, 9.0]))
    assert seconds_of(image, ABOVE) == pytest.approx([0.5, 2.5], abs=0.02), "9 s lies beyond the sound"
    assert seconds_of(image, BELOW) == pytest.approx([1.0, 3.0], abs=0.02)


def test_a_film_adds_its_rows_and_ticks_its_movements_without_a_reference() -> None:
    frames = torch.full((SECONDS * 10, 3, 18, 18), 200, dtype=torch.uint8)
    film = SeenFilm(frames, SECONDS, 16 / 9, Movement(torch.zeros(SECONDS * 10), (1.5,), 10.0))
    silent = torch.zeros(1, SECONDS * RATE)
    bare = take_picture(silent, RATE, Onsets([], None))
    shown = take_picture(silent, RATE, Onsets([], None), film=film)
    assert shown.height - bare.height == STRIP + MOTION + 2 * GAP
    assert seconds_of(shown, ABOVE) == pytest.approx([1.5], abs=0.02) and not seconds_of(bare, ABOVE)
    true = take_picture(silent, RATE, Onsets([], [2.5]), film=film)
    assert seconds_of(true, ABOVE) == pytest.approx([2.5], abs=0.02), "a reference knows better"


def test_the_references_pan_is_dotted_in_grey() -> None:
    reference = (0.1 * noise(0.2, 1.0), RATE)
    drawn = np.asarray(take_picture(0.1 * noise(1.0, 1.0), RATE, Onsets([], []), reference))
    bare = np.asarray(take_picture(0.1 * noise(1.0, 1.0), RATE, Onsets([], [])))
    grey = (drawn == TRUE).all(-1) & ~(bare == TRUE).all(-1)
    assert grey.any(1).sum() <= 8 and grey.sum() > 500
    assert dict(true_pans(*reference))[1.5] == pytest.approx((1 - 0.04) / (1 + 0.04), abs=1e-3)
    assert true_pans(reference[0][:1], RATE) == []
