"""What became of one clip."""

from __future__ import annotations

from dataclasses import dataclass

MADE, KEPT, FAILED, LEFT = "made", "done before", "failed", "not reached"


@dataclass(frozen=True)
class Facts:
    """Of a sound that was made: as heard in its file. Loudness in LUFS and peak in dBTP are None where there
    are none (silence); `took`: seconds of work."""

    seconds: float
    rate: int
    channels: int
    loudness: float | None
    peak: float | None
    took: float


@dataclass(frozen=True)
class Outcome:
    """`state`: one of the above; `why`: what stood in the way, or what is worth knowing."""

    state: str
    facts: Facts | None = None
    why: str = ""
