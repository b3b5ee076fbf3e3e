"""The reference reader and the resizing against stored results of the reference implementation."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from golden_files import FOLDER, golden
from media.clips import numbers, steady, write_clip
from media.slots import reference_frames

from kling_foley_core.errors import InputError
from kling_foley_core.media.frames import VideoFrames
from kling_foley_core.media.reference import ReferenceClock, read_views_reference
from kling_foley_core.media.resize import resize_view
from kling_foley_core.media.source import open_media
from kling_foley_core.media.views import FrameView

VIEWS = {"clip": FrameView(8, 384, "stretch"), "sync": FrameView(25, 224, "crop")}


@pytest.mark.parametrize("letter", "abc")
def test_reference_reader(letter):
    stored = golden(f"preprocess_video_{letter}")
    config = stored.config
    got, seconds = read_views_reference(FOLDER / config["file"], VIEWS, seconds=config["requested_duration"])
    assert seconds == config["resulting_duration"]
    assert (len(got["clip"]), len(got["sync"])) == (config["n_clip"], config["n_sync"])
    levels = 3 if config["file"].endswith("mp4") else 1
    for view, scale in (("clip", (1 / 255, 0.0)), ("sync", (2 / 255, -1.0))):
        frame = got[view][int(stored[f"out.{view}_index"][1])][None]
        stored.check(f"out.{view}_frames_u8", frame, atol=levels)
        stored.check(f"out.{view}_mean", (got[view].double() * scale[0] + scale[1]).mean((2, 3)))


@pytest.mark.parametrize("letter", "abc")
def test_selected_before_truncation(letter):
    config = golden(f"preprocess_video_{letter}").config
    with open_media(FOLDER / config["file"]) as container:
        frames = VideoFrames(container, letter)
        times = [float(time + frames.zero) for time, _ in frames.near(Fraction(0))]
    assert times == config["frame_times"]
    for fps, chosen in config["selected_before_truncation"].items():
        assert reference_frames(times, int(fps), config["requested_duration"]) == chosen


@pytest.mark.parametrize("direction", ["down", "up"])
def test_resize(direction):
    stored = golden("resize")
    rule = stored.config[direction]
    rows, columns = {"down": (8, 13), "up": (2, 1)}[direction]
    small = stored[f"in.{direction}_small_u8"]
    image = small.repeat_interleave(rows, 1).repeat_interleave(columns, 2)[
        :, : rule["height"], : rule["width"]
    ]
    for view in VIEWS:
        got = resize_view(image[None], VIEWS[view])[0]
        assert got.dtype == torch.uint8
        stored.check(f"out.{direction}_{view}_u8", got, atol=1)


def test_reference_clock_adds_up_rounding():
    clock = ReferenceClock(25)
    assert [clock.emissions(i / 25) for i in range(9)] == [1, 1, 1, 1, 1, 1, 0, 2, 1]


def test_reference_reader_of_a_whole_clip(tmp_path):
    """Slot k shows the first frame at or after k/fps, and the clip shrinks to what both streams have."""
    views = {"clip": FrameView(8, 16, "stretch"), "sync": FrameView(25, 16, "crop", min_frames=16)}
    write_clip(tmp_path / "a.mp4", steady(24, 48))
    steps = []
    got, seconds = read_views_reference(
        tmp_path / "a.mp4", views, progress=lambda stage, done, total: steps.append((done, total))
    )
    times = [i / 24 for i in range(48)]
    chosen = {key: reference_frames(times, view.fps, 2.0) for key, view in views.items()}
    assert seconds == min(len(chosen["clip"]) / 8, len(chosen["sync"]) / 25) == 49 / 25
    for key, view in views.items():
        assert numbers(got[key]) == chosen[key][: int(seconds * view.fps)]
    assert numbers(got["clip"])[:3] == [0, 3, 6] and numbers(got["sync"])[:3] == [0, 1, 2]
    assert steps[-1] == (2000, 2000) and steps == sorted(steps)
    asked, same = read_views_reference(tmp_path / "a.mp4", views, seconds=2)
    assert same == seconds and all(torch.equal(asked[key], got[key]) for key in views)


def test_reference_reader_refuses_what_is_too_short(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 10))
    with pytest.raises(InputError, match="16 frames that 'sync' needs"):
        read_views_reference(tmp_path / "a.mp4", {"sync": FrameView(25, 16, "crop", min_frames=16)})
