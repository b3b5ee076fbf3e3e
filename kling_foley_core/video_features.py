"""What is known of a film once it is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from .encoders.parts import PartwiseEncoding
from .stereo.following import Movement, MovementMap
from .timing import Seconds


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


def features_of(
    encodings: dict[str, PartwiseEncoding | MovementMap],
    seconds: Seconds,
    start: float,
    source_seconds: float,
) -> VideoFeatures:
    moved = encodings.pop("movement", None)
    tokens = {name: encoding.tokens() for name, encoding in encodings.items()}
    return VideoFeatures(
        tokens.get("visual"),
        tokens.get("sync"),
        Fraction(seconds),
        start,
        source_seconds,
        moved and moved.movement(),
    )
