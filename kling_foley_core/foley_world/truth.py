"""What is true about a scene's sound, for measuring: events, continuous sounds, and what only words or length
tell.

Times in seconds, x in -1..1 over the square picture at that time, loudness in dB of full scale (for an event
the RMS of its first 50 ms without room, distance included). Curves are sampled at 100 Hz: [round(seconds *
100)].
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .panning import distance_gain, source_x
from .scene import Fade, Flow, Override, Scene, Source

TRUTH_RATE = 100
FAINTEST_DB = -100.0
AUDIBLE = 0.08  # of a flow's loudest moment: under it, it counts as pausing


@dataclass(frozen=True)
class EventTruth:
    time: float
    x: float
    source: str
    material: str
    kind: str
    size: float
    loudness_db: float
    lasts: float  # > 0: small sounds that belong to the event go on for so long (shards)


@dataclass(frozen=True)
class FlowTruth:
    source: str
    material: str
    kind: str
    loudness_db: float  # at its loudest
    spans: tuple[tuple[float, float], ...]  # where it is audible
    envelope: tuple[float, ...]  # RMS, linear
    x: tuple[float, ...]
    hertz: tuple[float, ...]  # pitch of wheels and engines, roughness of the others


@dataclass(frozen=True)
class AmbienceTruth:
    kind: str
    loudness_db: float  # before it fades
    envelope: tuple[float, ...]


@dataclass(frozen=True)
class Truth:
    split: str
    seed: int
    seconds: float
    family: str
    families: tuple[str, ...]
    caption: str
    events: tuple[EventTruth, ...]  # by time
    flows: tuple[FlowTruth, ...]
    ambience: AmbienceTruth | None
    fade: Fade | None
    room: str
    override: Override | None
    distractors: tuple[str, ...]


def truth_of(scene: Scene) -> Truth:
    events = [event for source in scene.sources for event in _events(scene, source)]
    return Truth(
        split=scene.split,
        seed=scene.seed,
        seconds=scene.seconds,
        family=scene.family,
        families=scene.families,
        caption=scene.caption,
        events=tuple(sorted(events, key=lambda e: e.time)),
        flows=tuple(_flow(scene, source, flow) for source in scene.sources for flow in source.flows),
        ambience=_ambience(scene),
        fade=scene.fade,
        room=scene.room,
        override=scene.override,
        distractors=scene.distractors,
    )


def truth_dict(scene: Scene) -> dict[str, Any]:
    """The truth as plain lists and numbers, for JSON."""
    return _rounded(asdict(truth_of(scene)))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(float(value), 6) if isinstance(value, float) else value


def _grid(scene: Scene) -> np.ndarray:
    return np.arange(round(scene.seconds * TRUTH_RATE)) / TRUTH_RATE


def _decibels(level: float) -> float:
    return max(FAINTEST_DB, 20 * float(np.log10(max(level, 1e-9))))


def _events(scene: Scene, source: Source) -> list[EventTruth]:
    if not source.hits:
        return []
    x = source_x(scene.camera, source, np.array([hit.time for hit in source.hits]))
    gain = distance_gain(source.depth)
    return [
        EventTruth(
            hit.time,
            float(at),
            source.name,
            hit.material,
            hit.kind,
            hit.size,
            _decibels(hit.level * gain),
            hit.lasts,
        )
        for hit, at in zip(source.hits, x, strict=True)
    ]


def _flow(scene: Scene, source: Source, flow: Flow) -> FlowTruth:
    times = _grid(scene)
    envelope = flow.level.at(times) * distance_gain(source.depth)
    loudest = float(envelope.max())
    audible = np.concatenate([[False], envelope > max(AUDIBLE * loudest, 1e-5), [False]])
    turns = np.flatnonzero(audible[1:] != audible[:-1]) / TRUTH_RATE
    return FlowTruth(
        source=source.name,
        material=flow.material,
        kind=flow.kind,
        loudness_db=_decibels(loudest),
        spans=tuple((float(a), float(b)) for a, b in zip(turns[::2], turns[1::2], strict=True)),
        envelope=tuple(envelope.tolist()),
        x=tuple(source_x(scene.camera, source, times).tolist()),
        hertz=tuple(flow.hertz.at(times).tolist()),
    )


def _ambience(scene: Scene) -> AmbienceTruth | None:
    if scene.ambience is None:
        return None
    envelope = 2**0.5 * scene.ambience.level.at(_grid(scene))  # both channels together, as of hits and flows
    return AmbienceTruth(scene.ambience.kind, _decibels(float(envelope[0])), tuple(envelope.tolist()))
