"""What every feature network does: one sound, text or film in, named features out.

A sound is float [C, N] at any rate; the network mixes, resamples and cuts by itself, as the published
evaluations do. Features are float32 on the CPU. One clip at a time, so that no number depends on the clips
beside it (our choice: batches differ from single clips in the last digits).
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

Features = dict[str, Tensor]

SECONDS = 8.0  # of a sound that are judged: the length of VGGSound's and MMAudio's clips


class FeatureNetwork(Protocol):
    """Some have `of_text(text)` and `of_film(film)` besides."""

    name: str  # its key in catalogue.NETWORKS

    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        """`seconds`: what lies behind is not heard, where the network does not choose its own stretches.
        InputError for a sound that is too short or has values that are no numbers."""
        ...
