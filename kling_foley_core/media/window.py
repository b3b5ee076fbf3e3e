"""The part of a clip that is asked for: `start` and `seconds`, checked and as exact fractions of a second.

Our choice: a window may end up to a tenth of a second behind the clip (rounded durations such as 5.1 for
5.083 s); the last frame is held there. Anything beyond is refused, since inventing seconds of still picture
would hide a mistake.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..errors import InputError

OVERRUN = Fraction(1, 10)  # seconds
FINEST = Fraction(1, 90_000)  # seconds


def exact(seconds: float | Fraction) -> Fraction:
    """Fractions as they are, other numbers to the microsecond: 0.3 is meant as 3/10, which no float is."""
    if isinstance(seconds, Fraction):
        return seconds
    return Fraction(float(seconds)).limit_denominator(1_000_000)


def finer(clock: Fraction) -> Fraction:
    """A whole part of a stream's tick, 1/90000 s at most: a window may begin between its ticks."""
    return clock / math.ceil(clock / FINEST)


def checked_start(start: float | Fraction) -> Fraction:
    """`start` as a fraction; NaN, infinite and negative values are refused."""
    if not math.isfinite(start) or start < 0:
        raise InputError(f"start = {start}: give the seconds from the clip's beginning, 0 or more.")
    return exact(start)


def checked_seconds(seconds: float | Fraction | None) -> Fraction | None:
    """`seconds` as a fraction, None stays None; NaN, infinite, zero and negative values are refused."""
    if seconds is None:
        return None
    if not math.isfinite(seconds) or seconds <= 0:
        raise InputError(
            f"seconds = {seconds}: give a length above 0, or leave it out for the rest of the clip."
        )
    return exact(seconds)


def clip_window(
    name: str, duration: Fraction | None, start: float | Fraction, seconds: float | Fraction | None
) -> tuple[Fraction, Fraction]:
    """(start, seconds) of a window that lies inside of a clip of `duration` (None: a still picture, shown for
    as long as is asked for); seconds None means to the end.
    """
    begin, length = checked_start(start), checked_seconds(seconds)
    if duration is None:
        if length is None:
            raise InputError(f"{name} is a still picture: say for how many seconds it is to be shown.")
        duration = begin + length
    if begin >= duration:
        raise InputError(
            f"start = {float(begin):g} s: {name} has {float(duration):.3f} s of video; "
            "choose an earlier start."
        )
    if length is None:
        return begin, duration - begin
    if begin + length > duration + OVERRUN:
        raise InputError(
            f"{float(begin):g} s + {float(length):g} s: {name} has {float(duration):.3f} s of video; "
            f"ask for at most {float(duration - begin):.3f} s from there, or leave the seconds out."
        )
    return begin, length
