"""What is known of a film once it is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from ..stereo.following import Movement
from ..timing import Seconds


@dataclass(frozen=True)
class VideoFeatures:
    """What the encoders saw of one video: tokens [1, N, dim] (None: not used), and its exact length; and what
    moved where, for stereo that follows it."""

    visual: Tensor | None
    sync: Tensor | None
    seconds: Fraction
    start: float  # seconds into the source
    source_seconds: float
    movement: Movement | None = None

    @classmethod
    def of(
        cls,
        made: Mapping[str, Tensor | Movement],
        seconds: Seconds,
        start: float,
        source_seconds: float,
    ) -> VideoFeatures:
        """`made`: "visual", "sync" and "movement", of which each may be missing."""
        tokens = made.get("visual"), made.get("sync")
        return cls(*tokens, Fraction(seconds), start, source_seconds, made.get("movement"))
