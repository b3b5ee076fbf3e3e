"""Foley Evaluate in a real ComfyUI."""

from __future__ import annotations

import pytest
from inside import measured

LATE = (0.3, 0.0, 0.1)  # seconds, of each take of inside_takes.py


@pytest.fixture(scope="module")
def evaluation(host) -> dict:
    return measured(host, "inside_evaluate")


@pytest.mark.parametrize("by", ["reference", "own sound", "movement"])
def test_the_take_in_time_is_the_best(evaluation, by):
    found = evaluation["bests"][by]
    assert found["index"] == found["json"]["best"] == LATE.index(0.0)
    assert found["best"] and found["note"] == "A note." and found["shown"] == ["temp"]
    assert found["json"]["prompt"] == "a ball" and len(found["json"]["takes"]) == len(LATE)
    assert found["text"].splitlines()[0].split() == ["take", "0", "1*", "2"]
    assert len(found["picture"]) == 4 and found["picture"][0] == 1 and found["picture"][3] == 3


def test_a_figure_of_which_less_is_better(evaluation):
    found = evaluation["bests"]["alone"]
    offsets = [take["figures"]["DC"] for take in found["json"]["takes"]]
    assert found["index"] == 2 and offsets == pytest.approx([2.0, 1.0, 0.0], abs=0.1)


def test_figures_say_how_late_each_take_is(evaluation):
    takes = evaluation["bests"]["reference"]["json"]["takes"]
    assert [take["figures"]["hits coverage"] for take in takes] == [0.0, 1.0, 0.0]
    assert takes[1]["figures"]["hits offset"] == 0.0 and takes[1]["figures"]["envelope r"] > 0.999
    assert takes[1]["onsets"]["sound"] == takes[1]["onsets"]["reference"]


def test_the_picture_has_both_onsets(evaluation):
    assert evaluation["onsets_in_the_picture"] == {"red": True, "blue": True}


def test_one_sound_alone_has_figures(evaluation):
    found = evaluation["alone"]
    assert found["index"] == 0 and "LUFS" in found["names"] and "hits F1" not in found["names"]
    assert "*" not in found["text"]


def test_two_lengths_are_told(evaluation):
    assert evaluation["lengths"] == [
        ["The sound is 2.00 s long, its reference 3.00 s: what is missing counts as silence."],
        ["The sound is 2.00 s long, its reference 1.00 s: only what both last is compared."],
        [],
    ]


def test_what_cannot_be_evaluated_is_named(evaluation):
    told = evaluation["refusals"]
    assert "audio: there is no sound" in told["no sound"]
    assert "choose_by: hits F1 needs a reference, and there is none" in told["nothing to choose by"]
    assert "choose_by: movement agreement needs a film" in told["nothing moves"]
    assert "reference: 2 sounds for 3 of audio" in told["two references"]
    assert "(6, 44100)" in told["surround"] and "mix surround down" in told["surround"]
    assert "reference: it has samples that are NaN" in told["NaN"]
    assert "a batch of 65 sounds" in told["too many"]
