"""Foley Best Take in a real ComfyUI."""

from __future__ import annotations

import pytest
from inside import measured


@pytest.fixture(scope="module")
def ranking(host) -> dict:
    return measured(host, "inside_takes")


@pytest.mark.parametrize("film", ["video", "images"])
def test_the_take_in_time_comes_first_and_is_named_by_its_seed(ranking, film):
    found = ranking["orders"][film]
    assert found["takes"] == [1, 2, 0] and found["best"] and found["note"] == "A note."
    assert [line.split(":")[0] for line in found["order"].splitlines()] == ["seed 41", "seed 42", "seed 40"]
    assert found["order"].startswith(f"seed 41: {found['agreement']:.3f}") and found["agreement"] > 0.6


def test_what_cannot_be_ranked_is_named(ranking):
    told = ranking["refusals"]
    assert "video, images: neither is connected" in told["no film"]
    assert "audio: there is no sound" in told["no sound"]
    assert "a batch of 65 sounds" in told["too many"]
