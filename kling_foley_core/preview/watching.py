"""How a film is read to find what moves in it: small, at its own frame rate.

A view is uint8 [T, 3, STRIP, STRIP]. Our choice.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..media import FrameView, probe, read_views
from ..media.source import Source
from ..progress import Progress, silent
from .motion import Movement, movement
from .rows import STRIP

MOST_FPS = 60


def motion_view(fps: float | Fraction) -> FrameView:
    """The film's own rate, rounded up, or an equal part of it: a frame left out now and then would be seen as
    a jerk. (One shown twice is known as such.)"""
    parts = max(1, math.ceil(fps / MOST_FPS))
    return FrameView(max(1, math.ceil(Fraction(fps) / parts)), STRIP, "stretch")


def film_movement(
    source: Source,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> Movement:
    """What moves in a window of a film; seconds from its start."""
    view = motion_view(probe(source).frame_rate)
    frames = read_views(source, {"motion": view}, start=start, seconds=seconds, progress=progress)["motion"]
    return movement(frames, view.fps)
