"""Texts of a clip as the encoder's tokens, and when each of them acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ..flow.timed import ALWAYS, Schedule
from ..timing import Seconds
from .parse import Prompt
from .spread import spread


@dataclass(frozen=True, eq=False)
class TimedTokens:
    """`tokens`: [1 or B, Tt, D] of each text; None: the learned empty text."""

    tokens: tuple[Tensor | None, ...]
    schedule: Schedule

    @classmethod
    def of(cls, text: TimedTokens | Tensor | None) -> TimedTokens:
        """Tokens without times act everywhere."""
        return text if isinstance(text, TimedTokens) else cls((text,), ALWAYS)

    @classmethod
    def encoded(
        cls, prompt: Prompt, seconds: Seconds, encode: Callable[[str], Tensor | None], name: str = "prompt"
    ) -> TimedTokens:
        """A prompt over a clip of `seconds`; each of its texts is encoded once."""
        texts, schedule = spread(prompt, seconds, name)
        return cls(tuple(encode(text) for text in texts), schedule)
