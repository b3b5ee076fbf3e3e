"""A prompt as it is written, taken apart into texts and times.

    rain [0-3.5] footsteps on gravel [3.5-] a door slams

Times in brackets belong to the text that follows them, up to the next times; what stands before the first
acts everywhere. `[A-B]` is from second A to B, `[A-]` from A to the end, `[-B]` from the beginning to B. A
time is 7, 7.5, 7.5s, 1:07.5 or 1:01:07. Times count from the beginning of the sound that is made, which with
a window of a film is the window's. Brackets that hold no times are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ..errors import InputError

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_MEANT_AS_TIMES = re.compile(
    r"(?=.*\d)[\d\s.,:s]*[-\u2013\u2014][-\u2013\u2014\d\s.,:s]*", re.ASCII | re.DOTALL
)
_CLOCK = r"(?:\d+:){0,2}\d+(?:\.\d*)?|\.\d+"
_TIMES = re.compile(rf"\s*({_CLOCK})?\s*s?\s*[-\u2013\u2014]\s*(?:({_CLOCK})\s*s?)?\s*", re.ASCII)
LONGEST_TIME = 15  # digits and signs of one: beyond a year, and numbers of any size cost any time


@dataclass(frozen=True)
class Timed:
    """A text and its seconds; `end` None: to the end of the sound."""

    start: Fraction
    end: Fraction | None
    text: str

    def __str__(self) -> str:
        return f"[{float(self.start):g}-{'' if self.end is None else f'{float(self.end):g}'}]"


@dataclass(frozen=True)
class Prompt:
    """`everywhere` acts at all times; `timed`, in the order of their times, do not overlap."""

    everywhere: str
    timed: tuple[Timed, ...]


def parse(text: str, name: str = "prompt") -> Prompt:
    """InputError, with the `name` of the input, for times that can't be read, run backwards or overlap."""
    found = [b for b in _BRACKETS.finditer(text) if _MEANT_AS_TIMES.fullmatch(b[1])]
    ends = [*(b.start() for b in found), len(text)][1:]
    timed = [_timed(b, text[b.end() : end].strip(), name) for b, end in zip(found, ends, strict=True)]
    timed.sort(key=lambda part: part.start)
    for before, after in zip(timed, timed[1:], strict=False):
        if before.end is None or after.start < before.end:
            raise InputError(
                f"{name}: {before} and {after} overlap; let one end where the next begins, and put what acts "
                "in both before the first bracket."
            )
    return Prompt(text[: found[0].start()].strip() if found else text, tuple(timed))


def _timed(brackets: re.Match[str], text: str, name: str) -> Timed:
    short = len(brackets[1]) <= 3 * LONGEST_TIME  # asked first: matching takes the cube of the length
    times = _TIMES.fullmatch(brackets[1]) if short else None
    if times is None or not any(times.groups()):
        raise InputError(
            f"{name}: {brackets[0]} can't be read as times; write seconds as [2-3.5], [2-] or [-3.5]."
        )
    start, end = (None if clock is None else _seconds(clock) for clock in times.groups())
    made = Timed(start or Fraction(0), end, text)
    if made.end is not None and made.end <= made.start:
        raise InputError(
            f"{name}: {brackets[0]} runs backwards or lasts no time; write the earlier time first."
        )
    return made


def _seconds(clock: str) -> Fraction:
    """ "1:07.5" -> 67.5"""
    total = Fraction(0)
    for part in clock.split(":"):
        total = 60 * total + Fraction(part.rstrip(".") or "0")
    return total
