"""Off-screen sound: a kind -> float32 [2, N], about RMS 1 in each channel before its level; all around, so
neither side leads."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, wander
from ..scene import Ambience
from .clock import SampleClock
from .flows import rush_and_drops, tone
from .noise import band, coloured, peaks

MACHINE_HERTZ = 92.0


def ambience_sound(ambience: Ambience, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    if ambience.kind == "machine":
        # One machine next door: the same in both channels.
        hum = _machine(ambience, clock, rng)
        sound = np.stack([hum, hum])
    else:
        one, other = (KINDS[ambience.kind](clock, rng) for _ in range(2))
        sound = np.stack([0.8 * one + 0.6 * other, 0.6 * one + 0.8 * other])
    return sound * clock.read(ambience.level)


def _slow(
    clock: SampleClock, rng: np.random.Generator, knot_seconds: float, low: float, high: float
) -> np.ndarray:
    return clock.read(wander(rng, clock.count / clock.rate, knot_seconds, low, high))


def _rain(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    noise = coloured(rng, band(900, 8000), clock.count, clock.rate)
    return rush_and_drops(noise, 0.85, 0.12)


def _traffic(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    rumble = coloured(rng, band(50, 220), clock.count, clock.rate)
    tyres = coloured(rng, band(300, 1000), clock.count, clock.rate)
    return rumble * _slow(clock, rng, 2.0, 0.6, 1.1) + tyres * _slow(clock, rng, 1.6, 0.1, 0.7)


def _wind(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    low = coloured(rng, band(120, 420), clock.count, clock.rate)
    howl = coloured(rng, peaks(np.array([520.0, 640.0]), 0.03, band(300, 900), 0.1), clock.count, clock.rate)
    return 0.7 * low * _slow(clock, rng, 1.2, 0.5, 1.2) + howl * _slow(clock, rng, 1.0, 0.1, 1.2)


def _crickets(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    time = np.arange(clock.count) / clock.rate
    total = np.zeros(clock.count, dtype=np.float32)
    for _ in range(2):
        pitch, chirps, start = rng.uniform(4100, 4700), rng.uniform(1.8, 2.6), rng.uniform()
        # Chirps swell out of a trill that never stops, so that none of them sounds like something struck.
        swell = 0.35 + 0.65 * np.clip(np.sin(_turn(time, chirps, start)), 0, 1)
        loud = swell * (0.45 + 0.55 * np.sin(_turn(time, 30.0, 0.0)))
        total += loud * np.sin(_turn(time, pitch, rng.uniform()))
    return 2.8 * total


def _turn(time: np.ndarray, hertz: float, start: float) -> np.ndarray:
    """A phase in float32, which is exact enough within one turn and twice as fast from there on."""
    return (((time * hertz + start) % 1.0) * (2 * np.pi)).astype(np.float32)


def _crowd(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(clock.count, dtype=np.float32)
    for _ in range(3):
        formants = peaks(
            np.array([rng.uniform(250, 600), rng.uniform(900, 1900)]), 0.12, band(200, 1600), 0.15
        )
        voice = coloured(rng, formants, clock.count, clock.rate)
        total += voice * _slow(clock, rng, rng.uniform(0.14, 0.22), 0.0, 1.1)
    return total


def _birds(clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    """Tweets: quick glides with soft beginnings, a few a second."""
    total = np.zeros(clock.count, dtype=np.float32)
    for start in np.flatnonzero(rng.uniform(size=int(clock.count / clock.rate * 10)) < 0.25) / 10:
        length = int(rng.uniform(0.12, 0.3) * clock.rate)
        time = np.arange(length) / clock.rate
        pitch, glide, shake = rng.uniform(2600, 5200), rng.uniform(-4e3, 4e3), rng.uniform(20, 45)
        phase = 2 * np.pi * (pitch * time + glide / 2 * time**2) + 3 * np.sin(2 * np.pi * shake * time)
        tweet = np.sin(phase) * np.sin(np.pi * np.arange(length) / length) ** 2
        first = int(start * clock.rate)
        room = max(0, min(length, clock.count - first))
        total[first : first + room] += rng.uniform(0.8, 2.6) * tweet[:room].astype(np.float32)
    return 1.8 * total


def _machine(ambience: Ambience, clock: SampleClock, rng: np.random.Generator) -> np.ndarray:
    hertz = Curve(MACHINE_HERTZ * ambience.pitch.values)
    loud = np.arange(1, 11) ** -0.5
    noise = coloured(rng, band(150, 700), clock.count, clock.rate)
    return 0.95 * tone(clock, hertz, loud, rng.uniform(0, 6.28, 10)) + 0.3 * noise


KINDS = {
    "rain": _rain,
    "traffic": _traffic,
    "wind": _wind,
    "crickets": _crickets,
    "crowd": _crowd,
    "birds": _birds,
}
