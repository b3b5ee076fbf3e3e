"""Captions that ask for voices, and captions that don't."""

from __future__ import annotations

import pytest

from kling_foley_core.evaluation.measures.asked_voice import asks_for_voice


@pytest.mark.parametrize(
    "caption",
    [
        "a man speaks",
        "Two women are TALKING, a dog barks",
        "crowd cheers",
        "a baby cries",
        "someone sings a song",
        "no dog barks, and a man is speaking",
        "no shouting, but laughter",
        "voiceover",
        "birds singing",
    ],
)
def test_voices_are_asked_for(caption: str) -> None:
    assert asks_for_voice(caption) is True


@pytest.mark.parametrize(
    "caption",
    [
        "a hammer strikes an anvil",
        "a man walks on gravel",
        "rain on a tin roof, no talking",
        "street without people talking",
        "No voices. Engine hums",
        "wrapping a crystal in paper, rapid steps",  # words that hold rap and cry
        "a babbling brook",
    ],
)
def test_none_is_asked_for(caption: str) -> None:
    assert asks_for_voice(caption) is False


@pytest.mark.parametrize("caption", ["", "雨声", "42"])
def test_captions_that_cant_be_read(caption: str) -> None:
    assert asks_for_voice(caption) is None
