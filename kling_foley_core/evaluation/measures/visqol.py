"""ViSQOL (Chinen et al., 2020): how good a decoded sound is for a listener, MOS-LQO from 1 to about 4.75.

From the package visqol-python, whose model comes with it; its mode for all sounds ("audio", 48 kHz, full
band), for voices too, so that the classes of a table have one measure.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import Any

from torch import Tensor

from ...media import resample

RATE = 48000
SHORTEST = 1.0  # seconds; it compares patches of 0.6 s
NEEDS = "pip install kling-foley[evaluate]"


def can_visqol() -> bool:
    return importlib.util.find_spec("visqol") is not None


def visqol(decoded: Tensor, original: Tensor, rate: int) -> float:
    """Both [N]."""
    waves = [resample(wave[None], rate, RATE)[0].double().numpy() for wave in (original, decoded)]
    return float(_judge().measure_from_arrays(*waves, RATE).moslqo)


@lru_cache(maxsize=1)
def _judge() -> Any:
    from visqol import VisqolApi

    judge = VisqolApi()
    judge.create(mode="audio")
    return judge
