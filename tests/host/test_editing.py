"""Repair, extend and vary in the graph are what the library does; what is kept is kept to the sample."""

from __future__ import annotations

import pytest
from inside import measured

ROUNDING = 1e-5
SIMPLE = 1e-3  # KSampler's "simple" schedule sits on thousandths


@pytest.fixture(scope="module")
def found(host) -> dict:
    return measured(host, "inside_editing")


@pytest.mark.parametrize("what", ["repaired", "continued", "varied"])
def test_our_sampler_makes_what_the_library_makes(found, what):
    assert found[what]["latents"] <= ROUNDING and found[what]["levels"] <= 1e-3


def test_ksamplers_denoise_is_our_strength(found):
    assert found["varied_by_ksampler"]["latents"] <= SIMPLE
    assert found["varied_by_ksampler"]["levels"] <= 1e-3


def test_a_repaired_sound_is_the_old_one_outside_of_the_part(found):
    spliced = found["spliced"]
    assert spliced["rate"] == 48000 and spliced["shape"] == [1, 2, 120000]
    begin, end = spliced["changed"]
    assert 0.77 <= begin < 0.8 and 1.3 < end < 1.33


def test_parts_of_several_repairs_are_all_known(found):
    assert found["spliced"]["parts"] == [[0.8, 1.3], [2.0, 2.2]]


def test_an_extended_sound_begins_as_it_was(found):
    spliced = found["spliced"]
    assert spliced["extended"] == [1, 2, 192000] and spliced["kept"] and spliced["new"] > 1e-3


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("not longer", "whole: it is 2.50 s long, the sound 2.50 s; choose more seconds"),
        ("nothing marked", "latent: nothing in it is marked to be made anew"),
        ("another length", "generated: it is 1.00 s long, but 2.50 s are needed"),
        ("surround", "audio: it has 6 channels"),
        ("three for one", "audio: 3 sounds for 1 generated"),
        ("empty", "denoise = 0.6: the latent is empty where it is to be varied"),
        ("behind the end", "denoise = 0.6: the latent is empty where it is to be varied"),
    ],
)
def test_what_cannot_be_is_said(found, what, message):
    assert message in found["refused"][what]
