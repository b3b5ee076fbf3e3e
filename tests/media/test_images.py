"""Views from image batches: the same slots as from a file, uint8 by rounding."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from media.clips import numbered, numbers, steady
from media.slots import nearest_by_search

from kling_foley_core.errors import InputError
from kling_foley_core.media.images import images_seconds, views_from_images
from kling_foley_core.media.views import FrameView

VIEWS = {"visual": FrameView(8, 16, "stretch"), "sync": FrameView(25, 32, "crop", min_frames=16)}


def batch(count, channels=3):
    pictures = torch.stack([torch.from_numpy(numbered(i, 40, 32)) for i in range(count)]).float() / 255
    return torch.cat([pictures, torch.rand(count, 32, 40, 1)], -1) if channels == 4 else pictures


@pytest.mark.parametrize("fps", [8, 12, 23.976, 24, 25, 30, 60, Fraction(30000, 1001)])
@pytest.mark.parametrize("channels", [3, 4])
def test_slots(fps, channels):
    images = batch(50, channels)
    got = views_from_images(images, fps, VIEWS)
    rate = Fraction(fps).limit_denominator(100_000)
    assert images_seconds(images, fps) == 50 / rate
    for name, view in VIEWS.items():
        assert numbers(got[name]) == nearest_by_search(
            steady(rate, 50), Fraction(0), view.fps, view.slots(50 / rate)
        )


def test_first_seconds_and_short_batches():
    got = views_from_images(batch(50), 25, VIEWS, seconds=1)
    assert numbers(got["sync"]) == list(range(25)) and len(got["visual"]) == 8
    assert numbers(views_from_images(batch(2), 24, VIEWS)["sync"]) == [0] + [1] * 15


def test_values_are_rounded():
    images = torch.tensor([0.0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.5, -3.0])[:, None, None, None].expand(
        6, 4, 4, 3
    )
    got = views_from_images(images, 8, {"v": FrameView(8, 4, "stretch")})["v"]
    assert got[:, 0, 0, 0].tolist() == [0, 0, 1, 255, 255, 0]


@pytest.mark.parametrize(
    ("images", "fps", "seconds", "message"),
    [
        (torch.rand(3, 4, 4), 8, None, "shape"),
        (torch.rand(3, 4, 4, 1), 8, None, "shape"),
        (torch.rand(0, 4, 4, 3), 8, None, "shape"),
        (torch.zeros(3, 4, 4, 3, dtype=torch.uint8), 8, None, "type"),
        (torch.full((3, 4, 4, 3), float("nan")), 8, None, "NaN"),
        (torch.rand(3, 4, 4, 3), 0, None, "fps = 0"),
        (torch.rand(3, 4, 4, 3), float("nan"), None, "fps = nan"),
        (torch.rand(8, 4, 4, 3), 8, 3, "at most 1.000"),
    ],
)
def test_bad_batches(images, fps, seconds, message):
    with pytest.raises(InputError, match=message):
        views_from_images(images, fps, VIEWS, seconds=seconds)


def test_progress_counts_the_slots():
    seen = []
    views_from_images(batch(50), 25, VIEWS, progress=lambda *call: seen.append(call))
    assert seen == sorted(seen) and seen[0][1] > 0 and seen[-1] == ("read video", 66, 66)
