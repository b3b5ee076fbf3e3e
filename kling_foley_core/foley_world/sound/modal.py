"""Decaying sinusoids: (hertz [K], t60 [K], amplitude [K], phase [K]) -> float32 [N], and noise bursts made of
them.

The sum of K complex exponentials at N samples factors into blocks: exp(z (B i + j)) = exp(z B i) exp(z j), so
that it is one [N / B, K] x [K, B] product instead of K x N exponentials. Our choice; `ring_slowly` in the
tests is its twin.
"""

from __future__ import annotations

import numpy as np

BLOCK = 256
SIXTY_DB = np.log(1000.0)


def ring(
    hertz: np.ndarray, t60: np.ndarray, amplitude: np.ndarray, phase: np.ndarray, rate: int, seconds: float
) -> np.ndarray:
    """sum_k amplitude_k sin(2 pi hertz_k t + phase_k) 1000^(-t / t60_k); modes over 0.45 of the rate are left
    out."""
    kept = hertz < 0.45 * rate
    z = (-SIXTY_DB / t60[kept] + 2j * np.pi * hertz[kept]) / rate
    count = max(1, int(seconds * rate))
    blocks = -(-count // BLOCK)
    start = amplitude[kept] * np.exp(1j * phase[kept])
    coarse = start[:, None] * np.exp(z[:, None] * (BLOCK * np.arange(blocks)))
    fine = np.exp(z[:, None] * np.arange(BLOCK))
    product = coarse.T.astype(np.complex64) @ fine.astype(np.complex64)
    return np.ascontiguousarray(product.imag).reshape(-1)[:count]


def burst(
    rng: np.random.Generator, low: float, high: float, t60: float, rate: int, modes: int = 24
) -> np.ndarray:
    """A noise burst between two frequencies: many short modes at random, loudest at once."""
    hertz = np.exp(rng.uniform(np.log(low), np.log(high), modes))
    decay = t60 * rng.uniform(0.6, 1.2, modes)
    return ring(hertz, decay, rng.uniform(0.5, 1.0, modes), rng.uniform(0, 2 * np.pi, modes), rate, 1.2 * t60)


def add(target: np.ndarray, piece: np.ndarray, start: int, gain: float = 1.0) -> None:
    """Adds `piece` to `target` from sample `start`, cut at its end."""
    stop = min(len(target), start + len(piece))
    if stop > start:
        target[start:stop] += np.float32(gain) * piece[: stop - start]
