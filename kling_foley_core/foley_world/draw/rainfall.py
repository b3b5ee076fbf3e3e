"""Rain: thin streaks, each a row of points spread over four pixels, added up for all frames at once."""

from __future__ import annotations

import numpy as np

from ..scene import EYE_HEIGHT, HORIZON, Camera, Rainfall

TOP = 1.25  # in the picture, above its edge
FALLS_PER_SECOND = 1.9
LENGTH = 0.13  # of a streak, world units
COLOUR = np.array((214, 224, 236), dtype=np.float32)
OPACITY = 0.7


def draw_rain(canvas: np.ndarray, rain: Rainfall, camera: Camera, times: np.ndarray, unit: float) -> None:
    """Over `canvas` [F, 3, H, W] in place; `unit` is the pixels of a world unit."""
    frames, _, height, width = canvas.shape
    rng = np.random.default_rng(rain.seed)
    place, phase, threshold = (
        rng.uniform(-1, 1, rain.count),
        rng.uniform(0, 1, rain.count),
        rng.uniform(0, 1, rain.count),
    )
    at = times[:, None]
    fall = at * FALLS_PER_SECOND * (0.9 + 0.2 * threshold) + phase
    # Each fall of a drop has a column of its own.
    column = np.mod(place + 0.618 * np.floor(fall), 2.0) - 1.0
    bottom = HORIZON + (rain.ground - EYE_HEIGHT) / rain.depth
    level = TOP - np.mod(fall, 1.0) * (TOP - bottom)
    across = (rain.x.at(times)[:, None] + column * rain.spread) / rain.depth + rain.slant * (level - bottom)
    points = max(2, int(np.ceil(LENGTH * unit)))
    along = np.linspace(0, LENGTH, points)[None, None, :] / rain.depth
    zoom = camera.zoom.at(times)[:, None, None]
    y = (np.minimum(level[..., None] + along, TOP) - camera.y.at(times)[:, None, None]) * zoom
    x = (across[..., None] + rain.slant * along - camera.x.at(times)[:, None, None]) * zoom
    shown = (threshold < rain.strength.at(times)[:, None])[..., None] & (y > -2)
    cover = np.zeros(frames * height * width, dtype=np.float64)
    px, py = width / 2 + x * unit - 0.5, height / 2 - y * unit - 0.5
    left, top = np.floor(px).astype(int), np.floor(py).astype(int)
    frame = np.arange(frames)[:, None, None]
    for dx in (0, 1):
        for dy in (0, 1):
            weight = (1 - np.abs(px - left - dx)) * (1 - np.abs(py - top - dy))
            inside = shown & (left + dx >= 0) & (left + dx < width) & (top + dy >= 0) & (top + dy < height)
            index = ((frame * height + top + dy) * width + left + dx)[inside]
            cover += np.bincount(index, weight[inside], minlength=len(cover))
    alpha = (OPACITY * np.minimum(cover, 1.0)).astype(np.float32).reshape(frames, 1, height, width)
    canvas += alpha * (COLOUR[:, None, None] - canvas)
