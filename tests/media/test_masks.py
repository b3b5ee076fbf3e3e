"""A mask lies over the right pixels of every view and over the right times; what it leaves is untouched."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from media.clips import QUARTER_TURNS, numbers, steady, turned, write_clip
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.media import FrameView
from kling_foley_core.media.filling import whole_views
from kling_foley_core.media.masks import Box, Film, check_mask, film_of_file, masks_of
from kling_foley_core.media.muting import FILL, muted, muted_slots, softened
from kling_foley_core.media.reader import read_slots, read_views

VIEWS = {"visual": FrameView(8, 48, "stretch"), "sync": FrameView(25, 32, "crop", min_frames=16)}
SIZE = (96, 48)
WHOLE = Film(96, 48, Fraction(0), Fraction(2), Fraction(50), Fraction(2))


def seen(path, mask, start=Fraction(0), seconds=Fraction(1)) -> dict[str, torch.Tensor]:
    slots = read_slots(path, VIEWS, start=start, seconds=seconds)
    masks = masks_of(mask, film_of_file(path, start, seconds), VIEWS)
    return whole_views(VIEWS, seconds, muted_slots(slots, masks))


@pytest.fixture
def film(tmp_path):
    """2 s whose frames are evenly grey and carry their number."""
    write_clip(tmp_path / "film.mp4", steady(25, 50), size=SIZE)
    return tmp_path / "film.mp4"


def test_a_mask_of_ones_changes_nothing_and_one_of_zeros_leaves_nothing(film) -> None:
    plain = read_views(film, VIEWS, seconds=Fraction(1))
    for mask in (Box(0, 0, 1, 1), torch.ones(48, 96), torch.ones(25, 48, 96)):
        assert all(torch.equal(seen(film, mask)[name], plain[name]) for name in VIEWS)
    assert all((frames == FILL).all() for frames in seen(film, torch.zeros(48, 96)).values())


def test_a_box_lies_over_the_same_part_of_the_picture_in_every_view(tmp_path) -> None:
    """A picture twice as wide as high: the crop shows its middle half; there the edge is at a quarter."""
    picture = np.full((48, 96, 3), 250, np.uint8)
    write_clip(tmp_path / "a.mp4", steady(25, 25), size=SIZE, pictures=[picture] * 25)
    for name, edge in (("visual", 3 / 8), ("sync", 1 / 4)):
        row = seen(tmp_path / "a.mp4", Box(3 / 8, 0, 1, 1))[name][3, 0, 16].float()
        at = (row < (250 + FILL) / 2).sum() / len(row)
        assert abs(float(at) - edge) <= 1 / 32, name
        assert row[: round((edge - 0.1) * len(row))].max() == FILL and row[-4:].min() > 245, name
        assert (row[1:] - row[:-1]).max() < 60, "soft, not from one pixel to the next"


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
def test_a_mask_is_upright_as_the_film_is_shown(tmp_path, degrees) -> None:
    stored = np.full((48, 64, 3), 30, np.uint8)
    write_clip(tmp_path / "a.mp4", steady(25, 25), size=(64, 48), pictures=[stored] * 25)
    turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    corner = seen(tmp_path / "a.mp4", Box(0, 0, 0.4, 0.4))["visual"][0, 0]
    assert corner[4, 4] == 30 or abs(int(corner[4, 4]) - 30) < 3
    assert corner[4, -4] == corner[-4, 4] == corner[-4, -4] == FILL


def test_a_picture_and_numbers_say_the_same(film, tmp_path) -> None:
    mask = np.zeros((48, 96), np.uint8)
    mask[10:40, 30:70] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    from_file = seen(film, tmp_path / "mask.png")
    from_numbers = seen(film, torch.from_numpy(mask).float() / 255)
    assert all(torch.equal(from_file[name], from_numbers[name]) for name in VIEWS)


def test_masks_of_a_film_go_with_its_times(film, tmp_path) -> None:
    """Its own rate; all is muted until 1.2 s. The window begins at 0.6 s, where frame 15 is."""
    pictures = [np.full((24, 48, 3), 255 if k >= 12 else 0, np.uint8) for k in range(20)]
    write_clip(tmp_path / "masks.mkv", steady(10, 20), size=(48, 24), pictures=pictures)
    frames = seen(film, tmp_path / "masks.mkv", Fraction(3, 5))["sync"]
    assert (frames[:14] == FILL).all() and numbers(frames[16:]) == list(range(31, 40))


def test_masks_for_every_frame_are_those_of_the_part_that_is_seen(film) -> None:
    masks = torch.zeros(25, 48, 96)
    masks[10:] = 1
    frames = seen(film, masks, Fraction(3, 5))
    assert (frames["sync"][:10] == FILL).all() and numbers(frames["sync"][10:]) == list(range(25, 40))
    assert (frames["visual"][:3] == FILL).all() and (frames["visual"][4:] != FILL).any()


def test_what_moves_out_of_a_mask_fades_away() -> None:
    """No frame on its way across the edge changes more than one well inside."""
    frames = torch.zeros(40, 3, 64, 64, dtype=torch.uint8)
    for k, frame in enumerate(frames):
        frame[:, 28:36, k : k + 8] = 255
    mask = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    mask[..., :32] = 255
    changes = muted(frames, softened(mask)).float().diff(dim=0).abs().sum((1, 2, 3))
    assert changes[15:].max() <= changes[:15].max() * 1.01
    assert changes[-1] == 0 and (changes.diff().clamp(min=0) < 0.3 * changes[0]).all()


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (torch.ones(48, 48), "mask: 48x48 pixels, the film 96x48; give a mask of the film's shape"),
        (torch.ones(20, 48, 96), "mask: it has 20 frames, the film about 50; give one mask"),
        (torch.ones(2, 2, 48, 96), "or [frames, height, width] is needed"),
        (torch.full((48, 96), 2.0), "values outside of 0 to 1"),
        (torch.full((48, 96), torch.nan), "values outside of 0 to 1"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask, said) -> None:
    with pytest.raises(InputError) as error:
        check_mask(mask, WHOLE)
    assert said in str(error.value)


@pytest.mark.parametrize("size", [(96, 48), (1920, 960), (95, 48), (96, 47), (7, 4)])
def test_a_mask_may_be_larger_or_smaller_than_the_film(size) -> None:
    check_mask(torch.ones(*reversed(size)), WHOLE)
    check_mask(torch.ones(51, *reversed(size)), WHOLE)


@pytest.mark.parametrize(
    "sides", [(0.5, 0, 0.5, 1), (0, 0, 96, 48), (-0.1, 0, 1, 1), (float("nan"), 0, 1, 1)]
)
def test_a_box_is_given_in_fractions(sides) -> None:
    with pytest.raises(InputError, match="as fractions of the picture, 0 to 1"):
        Box(*sides)


def test_a_film_of_masks_is_as_long_as_the_film(film, tmp_path) -> None:
    write_clip(tmp_path / "short.mkv", steady(25, 20), size=SIZE)
    with pytest.raises(InputError, match="it is 0.80 s long, the film 2.00 s"):
        seen(film, tmp_path / "short.mkv")


def test_a_still_picture_of_an_hour_is_muted_a_few_frames_at_a_time() -> None:
    picture = torch.arange(3 * 32 * 32).remainder(256).to(torch.uint8).view(1, 3, 32, 32)
    masks = masks_of(Box(0, 0, 0.5, 1), WHOLE, {"sync": VIEWS["sync"]})
    expected, total = muted(picture, masks.take("sync", 1)), 0
    for name, part in muted_slots([("sync", picture.expand(90_000, -1, -1, -1))], masks):
        assert name == "sync" and len(part) <= 64 and torch.equal(part[-1:], expected)
        total += len(part)
    assert total == 90_000
