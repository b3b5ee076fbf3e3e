"""Effects and music made apart: what each is told, and which networks make music at all."""

from .music import check_makes_music, make_music
from .prompts import StemPrompts, stem_prompts

__all__ = ["StemPrompts", "check_makes_music", "make_music", "stem_prompts"]
