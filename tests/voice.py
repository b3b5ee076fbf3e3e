"""A voice by formula: vowels of a gliding pitch, one after the other, between half a second of silence."""

from __future__ import annotations

import numpy as np

RATE = 16000
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
SYLLABLE, SILENCE = 0.2, 0.5  # seconds
WIDTH = 90.0  # Hz of a formant


def voice(seconds: float = 3.0) -> np.ndarray:
    """float32 [N] at 16 kHz, peak 0.5"""
    time = np.arange(round((seconds - 2 * SILENCE) * RATE)) / RATE
    pitch = 125 + 25 * np.sin(2 * np.pi * 0.7 * time) + 3 * np.sin(2 * np.pi * 5 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    vowel = (time / SYLLABLE).astype(int) % len(VOWELS)
    formants = np.array(VOWELS, dtype=float)[vowel]
    wave = np.zeros_like(time)
    for k in range(1, 40):
        near = WIDTH**2 / ((k * pitch[:, None] - formants) ** 2 + WIDTH**2)
        wave += (near @ np.array([1.0, 0.5, 0.25])) * np.sin(k * phase) * (k * pitch < RATE / 2)
    wave *= np.sin(np.pi * (time / SYLLABLE % 1)) ** 0.5
    silence = np.zeros(round(SILENCE * RATE))
    return np.concatenate([silence, 0.5 * wave / np.abs(wave).max(), silence]).astype(np.float32)
