"""Slots against a slow, plain twin that looks at every frame, exactly (fractions)."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from golden_files import golden_json
from media.clips import RATES, steady
from media.slots import nearest_by_search, reference_frames

from kling_foley_core import timing
from kling_foley_core.errors import InputError
from kling_foley_core.media.reference import reference_seconds
from kling_foley_core.media.sampling import slots_of_frame
from kling_foley_core.media.views import FrameView


def nearest_frames(times, start, fps, slots):
    """For every slot its frame, as the views are filled: frame by frame."""
    chosen = []
    for i, time in enumerate(times):
        following = times[i + 1] if i + 1 < len(times) else None
        chosen += [i] * len(slots_of_frame(time, following, start, fps, slots, len(chosen)))
    return chosen


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("fps", [8, 25])
def test_steady_rates(rate, fps):
    times = steady(rate, 60)
    for start in (Fraction(0), Fraction(1, 3), Fraction(0.7)):
        slots = int((times[-1] - start) * fps) + 5  # some behind the end
        assert nearest_frames(times, start, fps, slots) == nearest_by_search(times, start, fps, slots)


def test_irregular_times():
    draw = random.Random(3)
    for _ in range(100):
        times, time = [], Fraction(0)
        for _ in range(draw.randint(1, 30)):
            times.append(time)
            time += Fraction(draw.choice([1, 2, 3, 7, 40, 200]), 100)
        start, fps, slots = Fraction(draw.randint(0, 300), 100), draw.choice([8, 25]), draw.randint(1, 60)
        assert nearest_frames(times, start, fps, slots) == nearest_by_search(times, start, fps, slots)


def test_ties_go_to_the_earlier_frame():
    # slot 1 at 1/8 s lies in the middle of the frames at 0 and 1/4 s
    assert nearest_frames([Fraction(0), Fraction(1, 4)], Fraction(0), 8, 3) == [0, 0, 1]


def test_25_fps_video_maps_one_to_one():
    assert nearest_frames(steady(25, 75), Fraction(0), 25, 75) == list(range(75))


def test_slot_counts_are_timings():
    visual, sync = FrameView(8, 4, "stretch"), FrameView(25, 4, "crop", min_frames=16)
    for i in range(1, 2000):
        seconds = Fraction(i, 97)
        assert visual.slots(seconds) == max(timing.visual_frames(seconds), 1)
        assert sync.slots(seconds) == max(int(float(seconds) * timing.SYNC_FPS), timing.SYNC_SEGMENT)


def test_views_refuse_nonsense():
    with pytest.raises(InputError, match="fit"):
        FrameView(8, 4, "squeeze")
    with pytest.raises(InputError, match="1 or more"):
        FrameView(0, 4, "crop")


@pytest.mark.parametrize("case", golden_json("frame_selection"), ids=lambda c: str(c["fps"]))
def test_reference_selection_golden(case):
    times = [i / case["fps"] for i in range(case["n"])]
    for fps, chosen in case["selected"].items():
        assert reference_frames(times, int(fps), case["duration"]) == chosen


def test_reference_seconds_in_order():
    assert reference_seconds({8: 19, 25: 57}, 8.0) == 57 / 25
    assert reference_seconds({8: 64, 25: 200}, 1.5) == 1.5
