"""MASKs of what sounds in a real ComfyUI."""

from __future__ import annotations

import pytest
from inside import measured


@pytest.fixture(scope="module")
def masking(host) -> dict:
    return measured(host, "inside_mask")


@pytest.mark.parametrize("encoder", ["visual", "sync"])
def test_encoders_see_what_is_white(masking, encoder):
    found = masking["features"][encoder]
    assert found["all"] == 0 and found["none"] < 1e-6 and found["video"] < 1e-6
    assert found["apart"] > 0.1 and found["left"] > 0.1


def test_takes_are_ranked_by_what_moves_in_the_mask(masking):
    """Nothing does, so all are alike and stay in their order."""
    assert masking["ranking"] == ["seed 0: 0.000", "seed 1: 0.000", "seed 2: 0.000"]


def test_masks_that_do_not_fit_are_named(masking):
    told = masking["refusals"]
    assert "mask: 32x64 pixels, the film 64x64" in told["shape"]
    assert "mask: it has 40 frames, the film about 100" in told["frames"]
    assert "give a mask of the film's shape" in told["file"]
    assert "mask: it has 30 frames, the film about 75" in told["frames of a file"]
