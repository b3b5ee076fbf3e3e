"""Speech nobody asked for: the share of a sound in which somebody is heard speaking, in percent.

From Silero's probability a frame [T] (32 ms): the share of frames from 0.5 on, its authors' threshold.
Where the film's own sound has speech it may be wanted, so such clips are left out. Our choice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

HEARD = 0.5  # probability
WANTED = 5.0  # percent of the film's own sound


def speech_share(probabilities: ArrayLike) -> float:
    """0 .. 100"""
    return 100 * float((np.asarray(probabilities) >= HEARD).mean())


def unwanted_speech(probabilities: ArrayLike, true: ArrayLike | None) -> float | None:
    """None where the true sound has speech; without a true sound all speech counts."""
    if true is not None and speech_share(true) > WANTED:
        return None
    return speech_share(probabilities)
