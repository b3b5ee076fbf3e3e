"""How a film is read to find what moves in it: small, at its own frame rate.

A view is uint8 [T, 3, STRIP, STRIP]. Our choice.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..media import FrameView, probe, read_slots
from ..media.filling import whole_views
from ..media.masks import Mask, film_of_file, masks_of
from ..media.muting import muted_slots
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
    start: float | Fraction,
    seconds: Fraction,
    progress: Progress = silent,
    mask: Mask | None = None,
) -> Movement:
    """What moves in a window of a film, within the mask if there is one; seconds from the window's start."""
    views = {"motion": motion_view(probe(source).frame_rate)}
    slots = read_slots(source, views, start=start, seconds=seconds, progress=progress)
    if mask is not None:
        slots = muted_slots(slots, masks_of(mask, film_of_file(source, start, seconds), views))
    return movement(whole_views(views, seconds, slots)["motion"], views["motion"].fps)
