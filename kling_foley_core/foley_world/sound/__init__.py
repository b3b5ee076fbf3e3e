"""What a scene sounds like."""

from .mix import render_sound

__all__ = ["render_sound"]
