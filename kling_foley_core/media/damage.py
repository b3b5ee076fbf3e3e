"""What is wrong with a film in the window that is read: packets that can't be decoded, pictures that the
decoder had to patch up, and stretches without a picture.

Containers skip what they can't read without a word, so a hole is known by the times: a step of over half a
second and ten times the usual one. It can be a pause as well, and is one where the container's index lists
every frame. Our choice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame

_HOLE, _TIMES_USUAL = Fraction(1, 2), 10
_STEPS = 8  # so many steps say what is usual; a slide show has no usual step


class Damage:
    """Times of damage, in seconds from the film's first frame; `indexed`: no frame can be missing unseen."""

    def __init__(self, *, indexed: bool) -> None:
        self.indexed = indexed
        self.spoilt: list[Fraction] = []  # pictures lost or patched up
        self.holes: list[tuple[Fraction, Fraction]] = []

    def checked(
        self, frames: Iterator[tuple[Fraction, VideoFrame | None]]
    ) -> Iterator[tuple[Fraction, VideoFrame | None]]:
        """The same frames, their damage noted; None is one that was not decoded."""
        steps: deque[Fraction] = deque(maxlen=3 * _STEPS)
        last = None
        for time, frame in frames:
            if frame is not None and frame.is_corrupt:
                self.spoilt.append(time)
            if last is not None:
                step = time - last
                if len(steps) < _STEPS or step <= max(_HOLE, _TIMES_USUAL * median(steps)):
                    steps.append(step)
                elif not self.indexed:
                    self.holes.append((last, time))
            last = time
            yield time, frame

    def note(self, name: str, start: Fraction, end: Fraction) -> str | None:
        """One sentence about the damage between `start` and `end`; None where there is none."""
        spoilt = [time for time in self.spoilt if start <= time < end]
        holes = [(a, b) for a, b in self.holes if a < end and b > start]
        parts = ", ".join(f"{float(a):.3f} to {float(b):.3f} s" for a, b in holes[:3])
        missing = f"no picture from {parts}" + (f" and {len(holes) - 3} more" if len(holes) > 3 else "")
        if not spoilt:
            held = "by a pause or damage: the picture before is held there"
            return f"{name} has {missing}, {held}." if holes else None
        found = f"{len(spoilt)} pictures from {float(min(spoilt)):.3f} s on can't be read cleanly"
        if holes:
            found += f"; there is {missing}"
        return f"{name} is damaged: {found}; the picture before is held there."
