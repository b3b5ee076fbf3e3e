"""Foley Demo Clip in a real ComfyUI: the film as it lies in the pack, and the world's own sound, as long."""

from __future__ import annotations

from fractions import Fraction

from graphs import pictures, sound

from kling_foley_core.demo import CLIP, SECONDS


def test_it_gives_the_film_and_its_true_sound_without_any_file(server):
    graph = {
        "1": {"class_type": "KlingFoleyDemoClip", "inputs": {}},
        "2": {"class_type": "KlingFoleyVideoWithSound", "inputs": {"video": ["1", 0], "audio": ["1", 1]}},
        "3": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["2", 0], "filename_prefix": "video/demo", "format": "auto", "codec": "auto"},
        },
    }
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (saved,) = server.files(outcome, "3")
    assert pictures(saved) == pictures(CLIP)
    channels, rate, seconds = sound(saved)
    assert (channels, rate) == (2, 44100) and abs(seconds - Fraction(SECONDS)) <= Fraction(1, 1000)
