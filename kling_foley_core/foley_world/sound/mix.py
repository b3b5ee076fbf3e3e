"""The sound of a scene: sources dry and panned, the room around them, the ambience beside them -> float32 [2,
N]."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..curve import Curve, time_grid
from ..panning import distance_gain, distance_taps, pan_gains, source_x
from ..scene import Scene, Source
from ..streams import stream
from .ambience import ambience_sound
from .clock import SampleClock
from .flows import flow_sound
from .hits import hit_sound
from .modal import add
from .rooms import in_room

KNEE = 0.7  # louder peaks are bent over, never cut
LOWEST_RATE = 8000


def render_sound(scene: Scene, sampling_rate: int = 44100, *, dry: bool = False) -> np.ndarray:
    """Stereo, [2, round(seconds * rate)], within -1..1. `dry`: the seen sources alone, without room and
    ambience."""
    if sampling_rate < LOWEST_RATE:
        raise InputError(f"sampling_rate is {sampling_rate}: the world sounds at {LOWEST_RATE} Hz or more.")
    clock = SampleClock(scene.seconds, sampling_rate)
    sound = np.zeros((2, clock.count), dtype=np.float32)
    for index, source in enumerate(scene.sources):
        _add_source(sound, scene, source, index, clock)
    if not dry:
        sound = in_room(sound, scene.room, stream(scene.split, scene.seed, "room"), sampling_rate)
        if scene.ambience is not None:
            sound += ambience_sound(scene.ambience, clock, stream(scene.split, scene.seed, "ambience"))
    return _bend(sound)


def _add_source(sound: np.ndarray, scene: Scene, source: Source, index: int, clock: SampleClock) -> None:
    if not source.hits and not source.flows:
        return
    mono = np.zeros(clock.count, dtype=np.float32)
    rng = stream(scene.split, scene.seed, f"source {index}")
    for hit in source.hits:
        add(mono, hit_sound(hit, rng, clock.rate), round(hit.time * clock.rate))
    for flow in source.flows:
        mono += flow_sound(flow, clock, rng)
    gain, outer = distance_gain(source.depth), distance_taps(source.depth)
    far = mono * np.float32(gain * (1 - 2 * outer))
    far[1:] += np.float32(gain * outer) * mono[:-1]
    far[:-1] += np.float32(gain * outer) * mono[1:]
    for channel, pan in zip(
        sound, pan_gains(source_x(scene.camera, source, time_grid(scene.seconds))), strict=True
    ):
        channel += far * clock.read(Curve(pan))


def _bend(sound: np.ndarray) -> np.ndarray:
    """Peaks over the knee approach 1 smoothly."""
    size = np.abs(sound)
    if size.max(initial=0.0) <= KNEE:
        return sound
    bent = KNEE + (1 - KNEE) * np.tanh((size - KNEE) / (1 - KNEE))
    return np.where(size > KNEE, np.sign(sound) * bent, sound).astype(np.float32)
