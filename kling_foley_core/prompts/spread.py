"""A prompt over a clip: what is said at each moment of its seconds."""

from __future__ import annotations

from fractions import Fraction

from ..errors import InputError
from ..flow.timed import Schedule
from ..timing import Seconds
from .parse import Prompt

SLACK = Fraction(1, 10)  # seconds between a time and the end that it means: players round a film's length


def spread(prompt: Prompt, seconds: Seconds, name: str = "prompt") -> tuple[tuple[str, ...], Schedule]:
    """(the different texts, which of them acts when), over the whole of `seconds`.

    A timed text has the text of everywhere put before it; between timed texts that one is alone, and empty
    where there is none. InputError, with the `name` of the input, for times outside of the clip.
    """
    whole, borders, said = Fraction(seconds), [Fraction(0)], []
    for part in prompt.timed:
        end = whole if part.end is None or abs(part.end - whole) <= SLACK else part.end
        if part.start >= end or end > whole:
            raise InputError(
                f"{name}: {part} lies outside of the sound, which has {float(seconds):g} s; times count from "
                "its beginning."
            )
        if part.start > borders[-1]:
            said.append(prompt.everywhere)
            borders.append(part.start)
        said.append(_joined(prompt.everywhere, part.text))
        borders.append(end)
    if borders[-1] < whole:
        said.append(prompt.everywhere)
        borders.append(whole)
    texts = tuple(dict.fromkeys(said))
    return texts, Schedule(tuple(borders[1:-1]), tuple(texts.index(text) for text in said))


def texts_of(prompt: Prompt) -> tuple[str, ...]:
    """All texts that it may have over a clip, whatever the clip's length; no empty ones."""
    texts = (prompt.everywhere, *(_joined(prompt.everywhere, part.text) for part in prompt.timed))
    return tuple(dict.fromkeys(text for text in texts if text.strip()))


def _joined(everywhere: str, text: str) -> str:
    return ", ".join(part for part in (everywhere.rstrip(" ,.;"), text) if part)
