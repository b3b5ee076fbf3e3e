"""What effects and music are told: each switch adds its words, and nothing where it is off."""

from __future__ import annotations

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.stems import StemPrompts, stem_prompts
from kling_foley_core.stems.prompts import CLOSE, NOT_EFFECTS, NOT_MUSIC


@pytest.mark.parametrize("text", ["", "  Rain. ", "rain [1-2] a door"])
def test_without_switches_every_letter_stays(text) -> None:
    assert stem_prompts(text, text, "  ", asmr=False) == StemPrompts(text, text, "", "")


def test_music_keeps_itself_out_of_the_effects_and_effects_out_of_itself() -> None:
    made = stem_prompts("rain", "wind", " slow piano ", asmr=False)
    assert made == StemPrompts("rain", f"wind, {NOT_EFFECTS}", "slow piano", NOT_MUSIC)
    assert stem_prompts("rain", "", "piano", asmr=False).effects_negative == NOT_EFFECTS


def test_asmr_says_close_and_dry_everywhere_and_no_word_twice() -> None:
    assert stem_prompts("A brush on paper.", "", "", asmr=True).effects == f"A brush on paper, {CLOSE}"
    timed = stem_prompts("paper. [1-2.5] a brush [3-] a pen", "hiss [1-2] hum", "", asmr=True)
    assert timed.effects == f"paper, {CLOSE} [1-2.5] a brush [3-] a pen"
    assert timed.effects_negative == "hiss [1-2] hum"
    assert stem_prompts("[1-2] a brush", "", "", asmr=True).effects == f"{CLOSE} [1-2] a brush"
    both = stem_prompts("", "echo", "piano", asmr=True)
    assert both.effects == CLOSE
    assert both.effects_negative == "echo, music, speech"


def test_times_that_cannot_be_read_name_their_input() -> None:
    with pytest.raises(InputError, match=r"negative_prompt: \[3-1\] runs backwards"):
        stem_prompts("rain", "[3-1] wind", "piano", asmr=False)
