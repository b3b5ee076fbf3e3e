"""SMPTE timecodes, hours:minutes:seconds:frames, moved on by a number of frames (SMPTE ST 12-1).

With a semicolon before the frames, numbers are dropped so that the clock keeps pace at 29.97 and 59.94
frames a second: two (four) at the beginning of each minute but every tenth.
"""

from __future__ import annotations

import re
from fractions import Fraction

_PARTS = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")
_MOST = 120  # frames a second
_DAY = 24  # hours, then from 0 on


def later_timecode(timecode: str, rate: Fraction, seconds: Fraction) -> str | None:
    """The timecode of the frame that is shown `seconds` after; what is no timecode stays as it is, and None
    where the rate is none that timecodes can count (containers guess some).
    """
    parts = _PARTS.fullmatch(timecode)
    if parts is None:
        return timecode
    if seconds and round(rate) not in range(1, _MOST + 1):
        return None
    hours, minutes, whole, frames = (int(parts[i]) for i in (1, 2, 3, 5))
    numbers = round(rate)  # of frames in a second: 30 at 29.97
    dropped = numbers // 15 if parts[4] in ";." else 0
    minutes += 60 * hours
    count = (60 * minutes + whole) * numbers + frames - dropped * (minutes - minutes // 10)
    minute = 60 * numbers - dropped
    tens, rest = divmod(count + int(seconds * rate), 10 * minute + dropped)
    if rest >= dropped:
        rest += dropped * ((rest - dropped) // minute)
    number = rest + tens * 600 * numbers
    second, frame = divmod(number, numbers)
    hour = second // 3600 % _DAY
    return f"{hour:02d}:{second // 60 % 60:02d}:{second % 60:02d}{parts[4]}{frame:02d}"
