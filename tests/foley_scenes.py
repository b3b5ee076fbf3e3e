"""Scenes of the generated world with only what a test needs in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kling_foley_core.foley_world import make_scene
from kling_foley_core.foley_world.curve import steady
from kling_foley_core.foley_world.scene import Camera, Hit, Light, Scene, Source

RATE = 44100


def bare_scene(seconds: float = 2.0, **changes) -> Scene:
    """Nothing to see or hear, camera and light still, no noise."""
    still = make_scene(0, family="stillness", seconds=seconds)
    camera = Camera(steady(0.0), steady(0.0), steady(1.0))
    bare = replace(still, actors=(), sources=(), camera=camera, light=Light(steady(1.0), 0.0, 0.0))
    return replace(bare, ambience=None, fade=None, room="dry", distractors=(), **changes)


def struck(
    material: str, *, x=0.0, depth=1.0, level=0.1, hardness=0.7, size=0.14, time=0.5, kind="strike"
) -> Source:
    """One hit at `time`, in the picture at `x`."""
    hit = Hit(time, kind, material, size, level, hardness)
    return Source("thing", material, steady(x * depth), steady(0.2), depth, (hit,))


def decibels(sound: np.ndarray) -> float:
    """RMS over time of the summed power of the channels."""
    return 10 * float(np.log10(np.mean(np.sum(sound.astype(np.float64) ** 2, axis=0)) + 1e-18))


def band_levels(sound: np.ndarray) -> np.ndarray:
    """What a crude ear hears: decibels in 20 bands of a hit's first 0.2 s, and how it dies away."""
    mono = sound.sum(0)
    power = np.abs(np.fft.rfft(mono[: RATE // 5], RATE)) ** 2
    edges = np.geomspace(60, 16000, 21).astype(int)
    bands = np.array([power[a:b].sum() for a, b in zip(edges[:-1], edges[1:], strict=True)])
    levels = 10 * np.log10(bands / bands.sum() + 1e-5)
    pieces = [np.sum(mono[int(a * RATE) : int((a + 0.02) * RATE)] ** 2) + 1e-12 for a in (0.0, 0.05, 0.15)]
    return np.append(levels, 10 * np.log10(np.array(pieces[1:]) / pieces[0] + 1e-5))
