"""Crops: sound, picture, text and place in the source belong together."""

from __future__ import annotations

import pytest
import torch
from training_tiny import scenes

from kling_foley_core.errors import InputError
from kling_foley_core.mmdit.inputs import to_length
from kling_foley_core.training.clips import LATENTS_PER_FRAME, SLACK, random_start


@pytest.mark.parametrize("start", [0, 18, 43])
def test_start_and_total_are_the_crops(start) -> None:
    data = scenes()
    batch = data.crops([(1, start), (0, 0)], 98)
    assert batch.seconds_start.tolist() == pytest.approx([start / 25, 0.0])
    assert batch.seconds_total.tolist() == [6.0, 4.0]
    assert batch.marks[0, :, 1].eq(1).all() and batch.marks[0, :, 0].eq(0).all()  # the scene's name
    half = round(3.0 * 44100 / 1024) - round(start / 25 * 44100 / 1024)  # of 6 s: where its first half ends
    assert batch.marks[0, :, -1].sum() == max(half, 0)
    assert batch.text[0, :3].eq(2).all() and batch.text[0, 3:].eq(0).all() and batch.text[1, 0].eq(1).all()


@pytest.mark.parametrize("frames", [98, 100, 125])
def test_sound_and_sync_of_a_crop_tell_the_same_time(frames) -> None:
    """Sync vectors hold their time; the first latent channel is the sine of its own."""
    data, draw = scenes(), torch.Generator().manual_seed(0)
    for _ in range(10):
        batch = data.batch([1, 3], frames, draw)
        times = to_length(batch.sync, batch.latent.shape[2], "linear")[..., 0]
        inside = slice(3, -4)
        assert (times.sin() - batch.latent[:, 0, :, 0])[:, inside].abs().max() < 0.02
        assert (times[:, 0] - batch.seconds_start).abs().max() < 0.05
        assert (batch.visual[:, 0, 0] - batch.seconds_start).abs().max() < 0.07


def test_a_crop_longer_than_the_scene_is_named() -> None:
    with pytest.raises(InputError, match="a scene has 97 frames, a crop 98"):
        random_start(97, 98, torch.Generator())


def test_crops_begin_where_a_latent_frame_begins() -> None:
    draw = torch.Generator().manual_seed(0)
    starts = {random_start(250, 98, draw) for _ in range(300)}
    assert len(starts) > 15 and max(starts) <= 152 and min(starts) == 0
    assert all(abs(s * LATENTS_PER_FRAME - round(s * LATENTS_PER_FRAME)) <= SLACK for s in starts)
    assert random_start(98, 98, draw) == 0


def test_crops_longer_than_all_scenes_are_refused() -> None:
    with pytest.raises(InputError, match="no scene has 999 frames"):
        scenes().long_enough(999)
