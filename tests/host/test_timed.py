"""Texts with times, the host's own ranges, and separate weights for prompt and picture, on our MODEL."""

from __future__ import annotations

import pytest
from inside import measured

TOLERANCE = 1e-4  # the host's attention on a CPU sums in another order than torch's


@pytest.fixture(scope="module")
def timed(host) -> dict:
    return measured(host, "inside_timed")


def test_times_in_the_text_are_the_librarys(timed):
    found = timed["syntax"]
    assert found["from plain"] > 0.2 * found["deviation"]
    for name in ("one window", "three windows"):
        assert found[name] <= TOLERANCE * found["deviation"], name
    assert found["one text"] == 0


@pytest.mark.parametrize("where", ["behind", "before", "with a gap"])
@pytest.mark.parametrize("how", ["area for video", "area", "mask", "mask of frames"])
def test_the_hosts_ranges_are_times(timed, how, where):
    """Areas fade as the syntax does; a mask fades as it was drawn, by one of its own columns or frames."""
    found = timed["native"]
    share = 0.1 if "mask" in how else 1e-3
    assert found[how][where] <= share * found["without ranges"]


def test_a_window_evaluates_only_the_texts_that_act_in_it(timed):
    """21.3 s in windows of 424 frames: two texts and silence in the first; silence; silence and the bell."""
    assert timed["calls"]["frames"] == [424] * (3 + 1 + 2)


def test_two_weights_are_the_librarys_by_our_sampler_and_by_dual_cfg_guider(timed):
    found = timed["weights"]
    assert found["plain"] > 0.1 * found["deviation"]
    assert found["ours"] <= TOLERANCE * found["deviation"]
    assert found["dual"] <= TOLERANCE * found["deviation"]
    assert found["equal"] == 0


def test_times_that_can_not_be_are_explained(timed):
    found = timed["refused"]
    assert found["overlap"] == (
        "text: [0-2] and [1-3] overlap; let one end where the next begins, and put what acts in both before "
        "the first bracket."
    )
    assert found["outside"].startswith("text: [0-4] lies outside of the sound, which has 3 s")
    assert found["outside negative"].startswith("negative_text: [4-] lies outside")
    assert "Conditioning (Combine)" in found["joined"]
    assert found["context windows"].startswith("positive: ranges in time can't be used within")
    assert "connect the outputs of 'Foley Conditioning'" in found["raw negative"]
