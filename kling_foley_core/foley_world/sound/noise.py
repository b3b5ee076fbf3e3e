"""Coloured noise: a spectrum's shape -> float32 [N] of RMS 1.

Made as a tile of three seconds straight from its spectrum and repeated: much cheaper than filtering, and what
sounds here is modulated, so that the repetition is not heard. Our choice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TILE = 1 << 17
Shape = Callable[[np.ndarray], np.ndarray]  # hertz -> gain


def coloured(rng: np.random.Generator, shape: Shape, count: int, rate: int) -> np.ndarray:
    hertz = np.fft.rfftfreq(TILE, 1 / rate).astype(np.float32)
    gain = shape(hertz).astype(np.float32)
    gain[0] = 0.0
    spectrum = rng.standard_normal((2, len(hertz)), dtype=np.float32)
    tile = np.fft.irfft(gain * (spectrum[0] + 1j * spectrum[1]), n=TILE).astype(np.float32)
    return np.resize(tile / np.sqrt(np.mean(tile**2)), count)


def band(low: float, high: float) -> Shape:
    """A hump on the octave scale, falling 6 dB at `low` and `high`, steeply beyond."""
    middle, half = np.log2(low * high) / 2, np.log2(high / low) / 2

    def shape(hertz: np.ndarray) -> np.ndarray:
        return np.exp2(-((np.abs(np.log2(np.maximum(hertz, 1.0)) - middle) / half) ** 2))

    return shape


def peaks(hertz: np.ndarray, width: float, floor: Shape, share: float) -> Shape:
    """Resonances at `hertz`, each `width` of its own pitch wide, over a floor of `share`."""

    def shape(at: np.ndarray) -> np.ndarray:
        total = share * floor(at)
        for centre in hertz:
            total = total + 1.0 / (1.0 + ((at - centre) / (width * centre)) ** 2)
        return total

    return shape
