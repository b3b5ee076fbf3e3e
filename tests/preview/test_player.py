"""What the player draws over a sound."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.preview.player import film_picture, peaks, sound_picture
from kling_foley_core.preview.rows import ABOVE, BELOW, MOVED, WIDTH


def test_peaks_are_the_largest_sample_of_each_stretch_and_channel() -> None:
    sound = torch.zeros(2, 1000)
    sound[0, 150], sound[0, 999], sound[1, 0] = -0.5, 1.0, 0.25
    left, right = peaks(sound, 10)
    assert left == [0, 50, 0, 0, 0, 0, 0, 0, 0, 100] and right == [25] + 9 * [0]


def test_peaks_of_a_sound_shorter_than_their_number() -> None:
    assert peaks(torch.tensor([[0.1, 0.2]]), 4) == [[10, 10, 20, 20]]
    assert peaks(torch.ones(1, 1), 3) == [[100, 100, 100]]


def test_the_words_stand_beside_what_they_name() -> None:
    frames = torch.full((4, 3, 8, 8), 200, dtype=torch.uint8)
    image, labels = film_picture(frames, 1.0, torch.full((4,), 5.0), 1.0)
    at = {word: np.asarray(image)[round(share * image.height)] for word, share in labels}
    assert (at["film"] == 200).all(-1).mean() > 0.9 and (at["motion"] == MOVED).all(-1).all()
    sides = {}
    for side, channel in (("left", 0), ("right", 1)):
        sound = torch.zeros(2, 44100)
        sound[channel] = 0.3 * torch.sin(torch.arange(44100) / 5)
        image, labels = sound_picture(sound, 44100)
        rows = np.flatnonzero((np.asarray(image) == ABOVE).all(-1).mean(1) > 0.5)
        sides[side] = rows.mean() / image.height
        nearest = min(labels, key=lambda label: abs(label[1] - sides[side]))
        assert nearest[0] == side
    assert sides["left"] < sides["right"]
    assert [word for word, _ in labels] == ["10 kHz", "1 kHz", "100 Hz", "left", "right"]


def test_pictures_have_no_words_and_no_margin() -> None:
    """The page writes beside them, so that words stay legible at any zoom."""
    image, _ = sound_picture(torch.randn(1, 44100), 44100)
    assert image.width == WIDTH and not (np.asarray(image) == BELOW).all(-1).any()
    with pytest.raises(InputError, match="1 or 2 channels"):
        sound_picture(torch.zeros(3, 100), 44100)
