"""Rooms: dry stereo sound [2, N] -> with early reflections and a decaying tail, each channel with its own.

Convolution by FFT of the whole, tail cut at the end of the scene. The direct sound stays as it is, so that
onsets and pan keep their place. Reflection times and decay times are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Room:
    first: float  # seconds to the first reflection
    spread: float  # seconds over which the early ones arrive
    reflections: int
    t60: float  # of the tail; 0: none
    wet: float  # energy of all that is reflected, relative to the direct sound


ROOMS = {
    "room": Room(0.004, 0.030, 7, 0.4, 0.30),
    "hall": Room(0.018, 0.080, 8, 2.0, 0.55),
    "outside": Room(0.020, 0.180, 64, 0.0, 0.09),
}
DRY = "dry"
HIGHS_DECAY = 0.45  # of t60: air and walls swallow highs first
TAIL_SHARE = 0.7  # of the reflected energy, where there is a tail


def in_room(sound: np.ndarray, kind: str, rng: np.random.Generator, rate: int) -> np.ndarray:
    if kind == DRY or not sound.any():
        return sound
    answer = torch.from_numpy(response(ROOMS[kind], rng, rate))
    count = sound.shape[1]
    size = _fast_length(count + answer.shape[1])
    spectrum = torch.fft.rfft(torch.from_numpy(sound), size) * torch.fft.rfft(answer, size)
    return sound + torch.fft.irfft(spectrum, size)[:, :count].numpy()


def response(room: Room, rng: np.random.Generator, rate: int) -> np.ndarray:
    """What the room answers to one impulse, the direct sound left out: float32 [2, M], energy `wet` a
    channel."""
    count = int((room.first + room.spread + room.t60 * 0.8) * rate) + 1
    early = np.zeros((2, count), dtype=np.float32)
    for channel in early:
        delays = room.first + room.spread * np.sort(rng.uniform(0, 1, room.reflections)) ** 1.3
        gains = np.exp(-2.5 * (delays - room.first) / room.spread) * rng.choice([-1, 1], room.reflections)
        channel[(delays * rate).astype(int)] = gains
    early *= np.sqrt(room.wet) / np.linalg.norm(early, axis=1, keepdims=True)
    if room.t60 == 0.0:
        return early
    time = np.arange(count, dtype=np.float32) / rate
    noise = rng.standard_normal((2, count), dtype=np.float32)
    smooth = np.cumsum(noise, axis=1)
    smooth[:, 16:] = (smooth[:, 16:] - smooth[:, :-16]) / 16
    smooth[:, :16] = 0.0
    decay = -np.log(1000.0) / room.t60 * time
    tail = smooth * np.exp(decay) + 0.12 * (noise - smooth) * np.exp(decay / HIGHS_DECAY)
    # The tail swells in behind the first reflection, so that it blurs no onset.
    tail *= np.clip((time - room.first) / room.spread, 0, 1)
    tail *= np.sqrt(room.wet * TAIL_SHARE) / np.linalg.norm(tail, axis=1, keepdims=True)
    return (np.sqrt(1 - TAIL_SHARE) * early + tail).astype(np.float32)


def _fast_length(count: int) -> int:
    """The next length that an FFT splits well."""
    step = 1 << max(0, count.bit_length() - 4)
    return -(-count // step) * step
