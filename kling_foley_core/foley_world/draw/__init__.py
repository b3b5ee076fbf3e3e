"""What a scene looks like."""

from .film import render_frames

__all__ = ["render_frames"]
