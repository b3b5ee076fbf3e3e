"""What there is to name in a clip: descriptor and true name of its hits, stretches of flows, background,
room.

From a sound and the clip's truth; the same for training on true sound and for judging what a model made.
Where the sound has an onset that matches a hit, the hit is described there, else at its true time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..foley_world import EventTruth, Truth
from ..foley_world.truth import TRUTH_RATE
from .bands import band_power
from .descriptors import background_descriptor, flow_descriptor, hit_descriptor, room_descriptor
from .matching import pairs
from .neighbours import isolated, one_flow
from .onsets import FLOOR, decibels, flux, peak_times

HIT, FLOW, BACKGROUND, ROOM = "hit", "flow", "background", "room"
SUBJECTS = (HIT, FLOW, BACKGROUND, ROOM)
NOTHING = "nothing"
BEFORE, AFTER = 0.06, 0.1  # seconds that a hit must have to itself to be named
STRETCH = 60  # frames at 100 Hz of a flow
FEWEST_HITS = 2  # to hear a room by


@dataclass(frozen=True)
class Example:
    subject: str
    descriptor: Tensor
    name: str
    told: bool = False  # only the caption says it: the material behind a neutral look


def examples(sound: Tensor, rate: int, truth: Truth) -> list[Example]:
    """All of a clip, in a fixed order that depends on the truth alone."""
    power = band_power(sound, rate)
    heard = peak_times(flux(decibels(power, FLOOR)))
    found = _hits(power, heard, truth) + _flows(power, truth)
    kind = truth.ambience.kind if truth.ambience is not None else NOTHING
    found.append(Example(BACKGROUND, background_descriptor(power), kind))
    if len(truth.events) >= FEWEST_HITS:
        times = [event.time for event in truth.events]
        found.append(Example(ROOM, room_descriptor(power, times), truth.room))
    return found


def hit_name(event: EventTruth) -> str:
    return f"{event.kind} {event.material}"


def material_of(name: str) -> str:
    """The material in a hit's or flow's name."""
    return name.split(" ", 1)[1]


def _told(truth: Truth, source: str, material: str) -> bool:
    hidden = truth.override
    return hidden is not None and (hidden.source, hidden.material) == (source, material)


def _hits(power: Tensor, heard: list[float], truth: Truth) -> list[Example]:
    events = isolated(truth, BEFORE, AFTER)
    at = {i: heard[j] for i, j in pairs([e.time for e in events], heard)}
    return [
        Example(
            HIT, hit_descriptor(power, at.get(i, e.time)), hit_name(e), _told(truth, e.source, e.material)
        )
        for i, e in enumerate(events)
    ]


def _flows(power: Tensor, truth: Truth) -> list[Example]:
    """Stretches that are one flow's alone, one after another."""
    found = []
    for flow in truth.flows:
        alone = np.concatenate([one_flow(truth, flow), [False]])
        start = 0
        for stop in np.flatnonzero(~alone):
            for first in range(start, stop - STRETCH + 1, STRETCH):
                span = first / TRUTH_RATE, (first + STRETCH) / TRUTH_RATE
                name = f"{flow.kind} {flow.material}"
                told = _told(truth, flow.source, flow.material)
                found.append(Example(FLOW, flow_descriptor(power, *span), name, told))
            start = stop + 1
    return found


def stacked(found: list[Example], subject: str) -> tuple[Tensor, list[str]]:
    """Descriptors [N, F] and names of one subject."""
    chosen = [e for e in found if e.subject == subject]
    return torch.stack([e.descriptor for e in chosen]), [e.name for e in chosen]
