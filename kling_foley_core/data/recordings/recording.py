"""One sound of a package: where it comes from, its class and split, and how to make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RATE = 44100


@dataclass(frozen=True, eq=False)
class Recording:
    """`name` is unique and says where the sound comes from. `make()`: float32 [C, N] at 44.1 kHz, one channel
    or two; it may take a second, so it is called when the sound is written."""

    name: str
    kind: str  # effects | music | speech | singing: the classes of the paper's codec table
    split: str
    make: Callable[[], np.ndarray]
