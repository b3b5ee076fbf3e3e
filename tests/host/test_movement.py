"""Foley Stereo by Movement, and Foley Stereo Renderer for systems without a renderer, in a real ComfyUI."""

from __future__ import annotations

import pytest
from inside import measured


@pytest.fixture(scope="module")
def found(host) -> dict:
    return measured(host, "inside_movement")


def test_the_click_is_where_the_ball_bounces(found):
    at = found["nodes"]["at the click"]
    for way in ("images", "video", "no renderer"):
        assert at[way] < -0.6, way
    assert at["images"] == pytest.approx(at["video"], abs=1e-3)


def test_a_mask_and_places_say_where_it_is(found):
    nodes = found["nodes"]
    assert nodes["at the click"]["mask"] > 0.8
    assert nodes["at the click"]["places"] > 0.99 and nodes["at first"] < -0.9


def test_each_of_a_batch_keeps_its_length_and_its_mono_sound(found):
    nodes = found["nodes"]
    assert set(map(tuple, nodes["shapes"].values())) == {(2, 2, 32000)}
    assert nodes["off mono"] < 1e-6


def test_what_makes_no_sense_is_told(found):
    told = found["refused"]
    assert "neither is connected" in told["nothing connected"]
    assert "both say where" in told["both"] and "'left' is no time" in told["words"]
    assert "behind the end" in told["late"] and "empty in every frame" in told["empty mask"]


def test_features_that_no_renderer_needs_are_not_made(found):
    assert found["asked_for"] == [["sync_features"], [], [], []]
