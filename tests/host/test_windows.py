"""The host's context windows: each window is evaluated as the clip of its seconds."""

from __future__ import annotations

import pytest
from inside import measured
from long_clip import heard, scene


@pytest.fixture(scope="module")
def windows(host) -> dict:
    return measured(host, "inside_windows")


def test_two_windows_are_the_two_halves_of_the_clip(windows):
    found = windows["two_halves"]
    assert found["difference"] <= 1e-4 * found["deviation"]
    assert found["from_unwindowed"] > 0.1 * found["deviation"]  # so windows do matter here
    assert 0.5 * found["deviation"] < found["wrapped"] < 2 * found["deviation"]


def test_a_window_sees_the_pictures_of_its_seconds(windows):
    assert windows["tokens"] == {
        "all": list(range(14)),
        "middle": [4, 5, 6, 7, 8, 9],  # latent frames 23 to 56 of 80, 5.7 to a picture
        "wrapped": [10, 11, 13, 0, 0, 2, 3],  # from frame 60 over the end to frame 19
        "every_second": [0, 2, 4, 7, 8, 10, 13],
        "one_frame": [13],
    }


def test_in_windows_hits_lie_where_the_video_has_them(server, graph):
    found = heard(server, graph, scene(2034, "drum", 12.0), window=4.0, overlap=1.0, steps=8)
    assert found.hits.f1 >= 0.8 and found.elsewhere.f1 < 0.5


@pytest.fixture(scope="module")
def long(host) -> dict:
    return measured(host, "inside_long")


def test_long_clips_are_the_librarys_by_every_sampler(long):
    found = long["samplers"]
    assert found["windows"] == 3
    for name in ("ours", "custom"):
        assert found[name] <= 1e-4 * found["deviation"], name
    assert found["ksampler"] <= 2e-2 * found["deviation"]  # its schedule sits on a grid of thousandths
    assert long["lengths"]["made"] == long["lengths"]["expected"]


def test_a_long_clip_is_evaluated_window_by_window_unless_the_host_does_it(long):
    found = long["calls"]
    assert [frames for _, frames in found["own"]] == [424, 424, 424]  # 30 of 65 segments
    assert all(batch == 2 for batch, _ in found["own"])  # both branches of guidance at once
    assert all(frames == 400 for _, frames in found["host"]) and len(found["host"]) == 3
    assert found["memory"] == 1.0


def test_nodes_that_wrap_the_network_see_the_whole_clip_once_a_step(long):
    found = long["wrapped"]
    assert found["calls"] == [[found["shape"], found["shape"], True]] * 2


def test_a_long_clip_is_cancelled_within_a_window(long):
    assert long["interrupted"] == {"stopped": True, "evaluations": 1}
