"""Prompts whose parts have times of their own: from what is written to which text acts when."""

from .parse import Prompt, Timed, parse
from .spread import spread, texts_of
from .tokens import TimedTokens

__all__ = ["Prompt", "Timed", "TimedTokens", "parse", "spread", "texts_of"]
