"""Shards of sines and noise whose sound is known, for the tests of codec, vocoder and stereo renderer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.data.shards import Header, Sample, Shards, write_header, write_shard
from kling_foley_core.data.shards.sample import FULL_SCALE
from kling_foley_core.data.splits import HELD_OUT, TRAIN

RATE = 44100
SYNC_DIM = 128


def sine(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def tone(hertz: float, seconds: float) -> np.ndarray:
    """Overtones up to 20 kHz, with a tremolo: something in every band."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * hertz * time + k * k) / k for k in range(1, int(20000 / hertz)))
    return (0.1 * wave * (1 + 0.8 * np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def int16(wave: np.ndarray) -> np.ndarray:
    return (np.atleast_2d(wave) * FULL_SCALE).round().astype("<i2")


def sound_sample(name: str, kind: str, split: str, wave: np.ndarray, **arrays: np.ndarray) -> Sample:
    sound = int16(wave)
    seconds, facts = sound.shape[1] / RATE, {"class": kind} if kind else {}
    return Sample(name, "", seconds, 0.0, seconds, split, (), facts, {"sound": sound, **arrays})


def sounds() -> list[Sample]:
    """Three sines of the world and a hum of music to learn from, and a sine that is held out."""
    made = [sound_sample(f"sine/{hz}", "world", TRAIN, tone(hz, 2.5)) for hz in (220, 440, 880)]
    return [
        *made,
        sound_sample("sine/660", "world", HELD_OUT, tone(660, 1.0)),
        sound_sample("hum", "music", TRAIN, tone(110, 2.5)),
    ]


def write(folder: Path, samples: list[Sample], *, every_frame: bool = True, rate: int = RATE) -> Path:
    if not (folder / "000000.json").exists():
        arrays = tuple(dict.fromkeys(name for sample in samples for name in sample.arrays))
        write_header(folder, Header(arrays, {}, every_frame, rate, MEL_44K.hop, "tests"))
        write_shard(folder, 0, samples)
    return folder


def sound_shards(folder: Path, split: str) -> Shards:
    return Shards(write(folder / "sounds", sounds()), split)


def panned(pan: float, count: int = 4, seconds: float = 4.0) -> list[Sample]:
    """Noise whose left is `pan` louder, as the logarithm of the ratio, where the sync vectors say so; every
    second clip is turned round. The last two are held out."""
    samples = []
    for i in range(count + 2):
        draw, side = np.random.default_rng(i), pan * (1 if i % 2 == 0 else -1)
        noise = 0.1 * draw.standard_normal(round(seconds * RATE)).clip(-3, 3)
        stereo = np.stack([noise * np.exp(side / 2), noise * np.exp(-side / 2)]) / 2
        sync = draw.standard_normal((round(25 * seconds), SYNC_DIM))
        sync[:, :16] += 2 * side
        split = TRAIN if i < count else HELD_OUT
        samples.append(sound_sample(f"noise {i}", "world", split, stereo, sync=sync.astype("<f2")))
    return samples
