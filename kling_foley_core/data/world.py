"""Foley World as a source of training samples: scenes by number, rendered as the networks ask for them, with
the truth as labels; no film is written or read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from ..foley_world import (
    FAMILIES,
    Scene,
    Truth,
    make_scene,
    render_frames,
    render_sound,
    scene_number,
    truth_of,
)
from ..foley_world.families import HELD_OUT as NEVER_DRAWN
from ..foley_world.fingerprint import world_fingerprint
from ..foley_world.streams import stream
from ..foley_world.truth import AUDIBLE, TRUTH_RATE
from ..timing import SYNC_FPS
from .extraction.raw import FRAMES, RAW, RawFormat, sixteen_bits
from .extraction.stages import Stages
from .labels import TimedLabel
from .shards import Sample
from .splits import HELD_OUT, TRAIN

KNOWN = {*FAMILIES, *NEVER_DRAWN}
RINGS = 0.15  # seconds in which a hit counts as sounding
LENGTHS = (4.0, 6.0, 8.0, 10.0)  # seconds: a length that never changes teaches nothing of duration
FREQUENT = ("collide", "bell", "footsteps", "mixed")  # families that there is most to learn from


@dataclass(frozen=True)
class WorldPlan:
    """Which scenes: `clips` of world `seed`, the first `held_out` of them held out.

    `seconds`: lengths drawn from. `families`: each scene is of one of them, in turn; empty: every second one
    is of FREQUENT, in turn, the others as the world draws them.
    """

    clips: int
    seed: int
    held_out: int
    seconds: tuple[float, ...]
    families: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.clips < 1 or not 0 <= self.held_out <= self.clips:
            raise InputError(
                f"--clips {self.clips} --held-out {self.held_out}: make 1 clip or more, and hold out at most "
                "as many as there are."
            )
        if not self.seconds or any(abs(s * SYNC_FPS - round(s * SYNC_FPS)) > 1e-6 for s in self.seconds):
            raise InputError(
                f"--seconds {' '.join(f'{s:g}' for s in self.seconds)}: give one length or more, in whole "
                f"frames of 1/{SYNC_FPS} s."
            )
        if unknown := set(self.families) - KNOWN:
            raise InputError(
                f"--families {' '.join(sorted(unknown))}: the world has {', '.join(sorted(KNOWN))}."
            )
        scene_number(self.seed, self.clips - 1)

    def scene(self, index: int) -> Scene:
        number = scene_number(self.seed, index)
        seconds = float(stream("train", number, "seconds").choice(self.seconds))
        if self.families:
            family = self.families[index % len(self.families)]
        else:
            family = FREQUENT[index // 2 % len(FREQUENT)] if index % 2 else None
        return make_scene(number, "train", seconds, family)

    def split(self, index: int) -> str:
        return HELD_OUT if index < self.held_out else TRAIN


class WorldSource:
    """The scenes of a plan as raw samples (`extraction.Source`)."""

    arrays = RAW
    captioned = True

    def __init__(self, plan: WorldPlan, form: RawFormat) -> None:
        self.plan, self.form = plan, form
        self.name = f"Foley World, seed {plan.seed}"
        self._state = [world_fingerprint(), asdict(plan)]

    def __len__(self) -> int:
        return self.plan.clips

    def identity(self, index: int) -> str:
        return f"world_{scene_number(self.plan.seed, index):07d}"

    def words(self, index: int) -> Any:
        """The same for all: the world's code and the plan decide every scene."""
        return [index, *self._state]

    def sample(self, index: int, arrays: Collection[str], stages: Stages) -> Sample:
        with stages.timed("render"):
            scene = self.plan.scene(index)
            found = {name: self._rendered(scene, name) for name in RAW if name in arrays}
        return Sample(
            id=self.identity(index),
            caption=scene.caption,
            seconds=scene.seconds,
            seconds_start=0.0,
            seconds_total=scene.seconds,
            split=self.plan.split(index),
            labels=labels_of(truth_of(scene)),
            facts={"class": "world", "family": scene.family, "scene": scene.seed},
            arrays=found,
        )

    def _rendered(self, scene: Scene, name: str) -> np.ndarray:
        if name in FRAMES.values():
            view = self.form.visual if name == FRAMES["visual"] else self.form.sync
            return render_frames(scene, (view.size, view.size), view.fps).numpy()
        sound = render_sound(scene, self.form.sampling_rate, dry=name == "seen")
        return sixteen_bits(torch.from_numpy(sound))


def labels_of(truth: Truth) -> tuple[TimedLabel, ...]:
    """What sounds in a scene: the room; kind and material of hits and flows; "impact", the instant of every
    hit; the ambience while it is heard."""
    labels: list[TimedLabel] = [(f"room {truth.room}", 0.0, truth.seconds)]
    for event in truth.events:
        end = event.time + RINGS + event.lasts
        labels += [(what, event.time, end) for what in (f"hit {event.kind}", f"of {event.material}")]
        labels.append(("impact", event.time, event.time))
    for flow in truth.flows:
        labels += [
            (what, *span) for span in flow.spans for what in (f"flow {flow.kind}", f"of {flow.material}")
        ]
    if truth.ambience is not None:
        envelope = np.array(truth.ambience.envelope)
        last = np.flatnonzero(envelope > AUDIBLE * envelope.max())[-1]
        labels.append((f"ambience {truth.ambience.kind}", 0.0, float(last + 1) / TRUTH_RATE))
    return tuple(labels)
