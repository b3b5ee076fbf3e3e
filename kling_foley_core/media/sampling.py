"""Which frame goes to which slot: slot k of a view is at start + k/fps and gets the frame nearest in time
(pure functions).

Our choice; ties go to the earlier frame, and the first and last frame are held outwards. The reference takes
the first frame at or after a slot's time instead (reference.py), which shows the encoders a picture up to a
whole frame too late.
"""

from __future__ import annotations

import math
from fractions import Fraction


def slots_until(time: Fraction, start: Fraction, fps: int, slots: int) -> int:
    """How many of the `slots` lie at or before `time`."""
    return min(max(math.floor((time - start) * fps) + 1, 0), slots)


def slots_of_frame(
    time: Fraction, following: Fraction | None, start: Fraction, fps: int, slots: int, first: int
) -> range:
    """The slots that the frame at `time` fills when those before `first` are filled and the next frame is
    `following`.
    """
    if following is None:
        return range(first, slots)
    return range(first, max(first, slots_until((time + following) / 2, start, fps, slots)))
