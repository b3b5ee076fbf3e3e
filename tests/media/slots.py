"""Which frame fills which slot, for whole lists of frame times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kling_foley_core.media.reference import ReferenceClock


def nearest_by_search(times: Sequence[Fraction], start: Fraction, fps: int, slots: int) -> list[int]:
    """The slow, plain twin: for every slot the frame at the smallest distance, the earlier of two."""
    return [
        min(range(len(times)), key=lambda i: abs(times[i] - (start + Fraction(k, fps)))) for k in range(slots)
    ]


def reference_frames(times: Sequence[float], fps: int, seconds: float) -> list[int]:
    """The frames that the reference's clock emits, before the clip is shortened."""
    clock = ReferenceClock(fps)
    return [i for i, time in enumerate(times) if time <= seconds for _ in range(clock.emissions(time))]
