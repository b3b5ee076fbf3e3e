"""Foley Mix in a real ComfyUI: a film's own sound, a sound, and none."""

from __future__ import annotations

import pytest
from inside import measured


@pytest.fixture(scope="module")
def mixing(host) -> dict:
    return measured(host, "inside_mix")


@pytest.mark.parametrize("case", ["video", "images", "sound"])
def test_takes_are_mixed_with_any_own_sound(mixing, case):
    found = mixing["mixes"][case]
    assert (found["shape"], found["rate"]) == ([2, 2, 144000], 48000)
    assert found["apart"] < 1e-6 and found["loudness"] == pytest.approx([-23, -23], abs=0.1)
    assert found["own at 2.5 s"] > 0.01 and not found["note"]


def test_alone_a_sound_is_levelled(mixing):
    found = mixing["mixes"]["alone"]
    assert (found["shape"], found["rate"]) == ([2, 1, 132300], 44100)
    assert found["loudness"] == pytest.approx([-23, -23], abs=0.1) and found["own at 2.5 s"] == 0


def test_a_trimmed_video_gives_the_sound_of_its_part(mixing):
    if "trimmed" not in mixing["mixes"]:
        pytest.skip("this ComfyUI's VIDEO has no as_trimmed (it came in 2026)")
    found = mixing["mixes"]["trimmed"]
    assert found["own at 2.5 s"] == 0
    assert "the video 1.00 s: behind its end the generated sound is alone." in found["note"]


def test_what_cannot_be_mixed_is_named(mixing):
    told = mixing["refusals"]
    assert "audio: there is no sound" in told["no sound"]
    assert "has no sound track" in told["silent"] and "both are connected" in told["both"]
    assert "duck: speech, but there is one sound only" in told["ducking alone"]
    assert "3 sounds for 2 of audio" in told["another batch"]
    assert "music: 3 sounds for 2 of audio" in told["another batch of music"]
    assert "own sound of shape (6, 132300)" in told["surround"]


def test_music_is_a_stem_at_its_level(mixing):
    found = mixing["mixes"]["music"]
    assert (found["shape"], found["rate"]) == ([2, 2, 132300], 44100) and found["apart"] < 1e-6
    apart = [music - effects for music, effects in zip(found["music"], found["generated"], strict=True)]
    assert apart == pytest.approx([-9, -9], abs=0.1)
    assert found["loudness"] == pytest.approx([-23, -23], abs=0.1)


def test_prompts_are_the_commands_and_a_model_without_music_is_named(mixing):
    said = mixing["prompts"]
    assert said["both"][:2] == [
        "rain, close up, without echo",
        "hum, music, speech",
    ]
    assert said["both"][2:] == ["slow piano", "speech, sound effects"]
    assert said["effects"] == ["rain", "", "", ""]
    assert "music: the built-in model makes no music" in said["refused"]
