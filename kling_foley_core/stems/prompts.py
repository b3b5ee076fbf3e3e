"""What effects and music are told: words that each of the switches adds to the prompts.

    effects    what the user wrote                          not: music, speech (where music is asked for)
    music      what the user wrote for it                   not: speech, sound effects
    ASMR       effects with CLOSE

Nothing else changes: the words are all that the hosted product's fields can be for a network that has no
inputs of their own for them. Our choice of words; those for closeness are ones that both CLIP and the text
encoder of `small` know. Words against echo and noise in the negative prompt were tried: on `small` they
brought noise (docs/measured.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..prompts import parse

NOT_EFFECTS = "music, speech"
NOT_MUSIC = "speech, sound effects"
CLOSE = "close up, without echo"


@dataclass(frozen=True)
class StemPrompts:
    """`music` is empty where none is to be made."""

    effects: str
    effects_negative: str
    music: str
    music_negative: str


def stem_prompts(effects: str, negative: str, music: str, *, asmr: bool) -> StemPrompts:
    """Without music and ASMR, effects and negative stay as they are. InputError for times in `effects` or
    `negative` that can't be read."""
    if music.strip():
        negative = added(negative, NOT_EFFECTS, "negative_prompt")
    if asmr:
        effects = added(effects, CLOSE, "prompt")
    return StemPrompts(effects, negative, music.strip(), NOT_MUSIC if music.strip() else "")


def added(text: str, words: str, name: str) -> str:
    """`words` behind what acts everywhere, before the first times; those that stand there are not said
    again."""
    text = text.strip()
    everywhere = parse(text, name).everywhere.strip()
    timed = text[len(everywhere) :].strip()
    said = [word.strip() for word in everywhere.split(",")]
    new = ", ".join(word for word in words.split(", ") if word not in said)
    always = ", ".join(part for part in (everywhere.rstrip(" ,.;"), new) if part)
    return " ".join(part for part in (always, timed) if part)
