"""Windows over a long clip: where they lie, what of the features they see, how their fields are joined."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import pairwise

import pytest
import torch

from kling_foley_core.flow import euler, features_in, joined, plan, time_grid
from kling_foley_core.flow.windows import segment_seconds, weights
from kling_foley_core.generation.sampling import windows_of
from kling_foley_core.mmdit import Features
from kling_foley_core.presets import PRESETS, SMALL, window_seconds
from kling_foley_core.timing import latent_frames, sync_segments, sync_tokens, visual_frames

MMAUDIO, LARGE = PRESETS["mmaudio_small_44k"].generator, PRESETS["kling_foley_1.5b"].generator
LENGTHS = (10.5, 11.0, 12.34, 15.0, 18.1, 20.0, 29.97, 61.7, 180.0, 3600.0)
RATE = Fraction(44100, 1024)


def planned(config, seconds, start=0.0, total=None):
    features = Features.of(seconds, start=start, total=total)
    return windows_of(config, features, seconds, latent_frames(seconds, 44100, 512)), features


@pytest.mark.parametrize("config", [MMAUDIO, LARGE, SMALL.generator])
@pytest.mark.parametrize("seconds", LENGTHS)
def test_windows_cover_the_clip_in_the_length_of_training(config, seconds):
    windows, features = planned(config, seconds)
    longest = window_seconds(config)
    assert len(windows) > 1
    for name, count in (
        ("frames", latent_frames(seconds, 44100, 512)),
        ("visual", visual_frames(seconds)),
        ("sync", sync_tokens(seconds)),
    ):
        spans = [getattr(window, name) for window in windows]
        assert spans[0].start == 0 and spans[-1].stop == count
        assert all(a.start < b.start <= a.stop for a, b in pairwise(spans)), name
    for window in windows:
        assert longest - 0.4 < window.seconds < longest + 0.32
        assert abs(window.frames.start - window.start * RATE) <= 0.5
        assert abs(window.visual.start - window.start * 8) <= 0.5
        assert abs(window.frames.stop - window.frames.start - window.seconds * RATE) < 1.5
        assert abs(window.visual.stop - window.visual.start - float(window.seconds) * 8) <= 1.5
    assert windows[-1].start + windows[-1].seconds == Fraction(seconds)
    assert len({w.seconds for w in windows[:-1]}) == 1
    assert features.sync_len == sync_tokens(seconds)


@pytest.mark.parametrize("config", [MMAUDIO, LARGE])
@pytest.mark.parametrize("seconds", LENGTHS)
def test_segments_are_those_of_a_clip_cut_at_the_window(config, seconds):
    for window in planned(config, seconds)[0]:
        segment = window.start / Fraction(8, 25)
        assert segment.denominator == 1 and window.sync.start == 8 * segment
        assert window.sync.stop - window.sync.start == 8 * sync_segments(window.seconds)


@pytest.mark.parametrize("seconds", LENGTHS)
def test_tokens_of_equal_parts_stay_in_their_place(seconds):
    """A token's middle in the clip is its middle in the window."""
    windows, features = planned(SMALL.generator, seconds)
    for window in windows:
        for j in (window.sync.start, window.sync.stop - 1):
            whole = (j + Fraction(1, 2)) * Fraction(seconds) / features.sync_len
            count = window.sync.stop - window.sync.start
            within = (j - window.sync.start + Fraction(1, 2)) * window.seconds / count
            assert window.start + within == whole


def test_a_quarter_or_more_is_shared_and_windows_lie_evenly():
    windows, _ = planned(MMAUDIO, 60.0)
    shared = [a.frames.stop - b.frames.start for a, b in pairwise(windows)]
    assert len(windows) == 10 and min(shared) >= 345 // 4 - 1 and max(shared) - min(shared) <= 15


@pytest.mark.parametrize(
    ("config", "seconds", "count"),
    [
        (MMAUDIO, 8.0, 1),
        (MMAUDIO, 8.31, 1),  # less than a segment more
        (MMAUDIO, 8.32, 2),
        (MMAUDIO, 0.5, 1),
        (LARGE, 10.0, 1),
        (SMALL.generator, 10.0, 1),
        (SMALL.generator, 10.24, 2),
    ],
)
def test_a_clip_of_the_length_of_training_is_one_window(config, seconds, count):
    windows, features = planned(config, seconds)
    assert len(windows) == count
    if count == 1:
        (window,) = windows
        assert window.start == 0 and window.frames == slice(0, latent_frames(seconds, 44100, 512))
        seen = features_in(window, features)
        assert (seen.visual_len, seen.sync_len) == (features.visual_len, features.sync_len)


def test_a_window_tells_where_it_is_in_the_source():
    windows, features = planned(MMAUDIO, 60.0, start=30.0, total=500.0)
    for window in windows:
        seen = features_in(window, features)
        assert seen.seconds_start.item() == pytest.approx(30 + float(window.start))
        assert seen.seconds_total.item() == 500.0


def test_a_window_sees_its_own_tokens():
    seconds = 30.0
    visual = torch.arange(visual_frames(seconds)).float()[None, :, None]
    sync = torch.arange(sync_tokens(seconds)).float()[None, :, None]
    features = Features.of(seconds, visual=visual, sync=sync)
    for window in windows_of(MMAUDIO, features, seconds, latent_frames(seconds, 44100, 512)):
        seen = features_in(window, features)
        assert seen.visual.shape[1] == seen.visual_len and seen.sync.shape[1] == seen.sync_len
        assert abs(seen.visual[0, 0, 0].item() / 8 - float(window.start)) <= 1 / 16
        assert seen.sync[0, 0, 0].item() / 25 == pytest.approx(float(window.start))  # 8 tokens in 0.32 s


@pytest.mark.parametrize("seconds", LENGTHS)
def test_weights_sum_to_one_and_change_by_and_by(seconds):
    windows, _ = planned(SMALL.generator, seconds)
    total = torch.zeros(latent_frames(seconds, 44100, 512))
    for window, weight in zip(windows, weights(windows), strict=True):
        total[window.frames] += weight
        assert weight.min() >= 0 and (weight[1:] - weight[:-1]).abs().max() < 0.05
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=2e-7)


def test_one_window_gives_way_to_the_next_in_the_middle_of_what_they_share():
    windows, _ = planned(MMAUDIO, 30.0)
    for (a, b), share in zip(pairwise(windows), weights(windows), strict=False):
        when = (torch.arange(a.frames.start, a.frames.stop) + 0.5) / float(RATE)
        seam = (a.frames.stop + b.frames.start) / 2 / float(RATE)
        before, after = when < seam - 0.26, when > seam + 0.26
        assert (share[after] == 0).all() and after.sum() > 10
        assert (share[before & (when > float(a.start) + 2)] == 1).all()
        expected = 0.5 - (when - seam) / 0.5
        torch.testing.assert_close(
            share[~before & ~after], expected.clamp(0, 1)[~before & ~after], atol=5e-3, rtol=0
        )


def drawn(windows, frames):
    """A field of each window: x times a matrix of its own, plus t."""
    draw = torch.Generator().manual_seed(1)
    matrices = [torch.randn(3, 3, generator=draw) for _ in windows]
    x = torch.randn(2, frames, 3, generator=draw)
    return matrices, [lambda x, t, m=m: x @ m + t[:, None, None] for m in matrices], x


@pytest.mark.parametrize("seconds", [10.5, 18.1, 61.7])
def test_joined_is_the_weighted_mean_frame_by_frame(seconds):
    frames = latent_frames(seconds, 44100, 512)
    windows, _ = planned(MMAUDIO, seconds)
    matrices, fields, x = drawn(windows, frames)
    t = torch.tensor([0.25, 0.5])
    shares = weights(windows)
    slow = torch.zeros_like(x)
    for frame in range(frames):
        for window, share, matrix in zip(windows, shares, matrices, strict=True):
            if window.frames.start <= frame < window.frames.stop:
                value = x[:, frame] @ matrix + t[:, None]
                slow[:, frame] += share[frame - window.frames.start] * value
    torch.testing.assert_close(joined(windows, fields)(x, t), slow, rtol=0, atol=2e-6)


def test_windows_of_one_field_follow_that_field():
    seconds = 45.0
    frames = latent_frames(seconds, 44100, 512)
    windows, _ = planned(MMAUDIO, seconds)
    matrix = 0.5 * torch.randn(3, 3, generator=torch.Generator().manual_seed(2))
    x = torch.randn(2, frames, 3, generator=torch.Generator().manual_seed(3))

    def field(x, t):
        return x @ matrix - t[:, None, None]

    whole = euler(field, x, time_grid(10))
    pieces = euler(joined(windows, [field] * len(windows)), x, time_grid(10))
    torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-5)


def test_one_window_is_its_field_itself():
    windows, _ = planned(MMAUDIO, 5.0)
    fields = [lambda x, t: x]
    assert joined(windows, fields) is fields[0]


def test_other_overlaps():
    features = Features.of(60.0)
    frames = latent_frames(60.0, 44100, 512)
    for overlap in (Fraction(0), Fraction(1, 8), Fraction(1, 2)):
        windows = plan(MMAUDIO, features, 60.0, frames, RATE, 8.0, overlap)
        shared = min(a.frames.stop - b.frames.start for a, b in pairwise(windows))
        assert shared >= overlap * 344 - 1
        assert sum(weights(windows)[0]) > 0


def test_segments_of_both_kinds_of_encoder():
    assert segment_seconds(MMAUDIO, Fraction(20), 61) == Fraction(8, 25)
    assert segment_seconds(SMALL.generator, Fraction(20), 61) == Fraction(20, 61)


def test_weights_of_hours_take_the_room_of_their_windows():
    """Six hours; not every window's over all of the clip, which would be 27 GB."""
    seconds = 6 * 3600.0
    windows, _ = planned(MMAUDIO, seconds)
    begun = time.process_time()
    shares = weights(windows)
    assert time.process_time() - begun < 5  # 0.5 s; it was minutes
    assert sum(share.untyped_storage().nbytes() for share in shares) < 8 * windows[-1].frames.stop
    assert len(shares) > 3000 and all(len(share) < 400 for share in shares)
