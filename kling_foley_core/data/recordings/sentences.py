"""Sentences drawn from a small grammar: enough words to meet all sounds of English, and nobody's text."""

from __future__ import annotations

import numpy as np

WHO = (
    "the judge|my younger cousin|a thin boy|every sailor|that huge fox|our teacher|the choir|an usher|"
    "two jays"
)
DOES = (
    "quickly measured|should have thrown|will never enjoy|was watching|azured over|has just brought|forgets"
)
WHAT = (
    "the yellow bridge|a jar of honey|seven bells|this treasure|the rough voice|some thick vapour|"
    "her usual pie"
)
WHERE = "by the shore|before noon|under a cloudy sky|in the old house|while it rains|at the zoo|beyond Europe"
TURN = "and then laughed|without a word|which was odd|though few could hear|as if asleep|again and again"


def sentence(rng: np.random.Generator) -> str:
    """One statement, question or exclamation of 8 to 20 words."""
    parts = [_one(rng, words) for words in (WHO, DOES, WHAT, WHERE)]
    if rng.uniform() < 0.5:  # half of them take a turn
        parts.append(_one(rng, TURN))
    text = " ".join(parts) + _one(rng, ".|.|?|!")
    return text[0].upper() + text[1:]


def _one(rng: np.random.Generator, words: str) -> str:
    return str(rng.choice(words.split("|")))
