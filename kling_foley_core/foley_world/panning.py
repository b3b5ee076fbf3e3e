"""How a place in the picture becomes a place in the sound: pan and distance.

Constant-power pan: at x in -1..1 the gains are cos and sin of (x + 1) * pi / 4, so R^2 - L^2 = sin(x * pi /
2). Level falls with distance, and with it the highs, through the shortest symmetric filter, which delays
nothing.
"""

from __future__ import annotations

import numpy as np

from .scene import Camera, Source


def source_x(camera: Camera, source: Source, times: np.ndarray) -> np.ndarray:
    """Where a source is in the picture, held at its edges once it has left it."""
    x, _ = camera.project(source.x.at(times), source.height.at(times), source.depth, times)
    return np.clip(x, -1.0, 1.0)


def pan_gains(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right."""
    angle = (x + 1.0) * (np.pi / 4)
    return np.cos(angle), np.sin(angle)


def distance_gain(depth: float) -> float:
    return 1.0 / depth


def distance_taps(depth: float) -> float:
    """The outer weight b of the filter [b, 1 - 2b, b]; 0 at depth 1."""
    return 0.2 * (1.0 - 1.0 / depth)
