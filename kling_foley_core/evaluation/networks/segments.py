"""The segments of a clip that are classified, with their labels: hits, stretches of flows, background, room.

From a sound and the clip's truth; the same for training on true sound and for measuring what a model made.
Band powers [BANDS, T] of both channels together, so that no answer depends on stereo: of a hit from 60 ms
before it to 400 ms after, of a flow 0.6 s, at 200 frames a second; of background and room the whole clip, at
50.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...analysis.bands import HOPS_PER_SECOND, band_power
from ...foley_world import EventTruth, Truth
from ...foley_world.truth import TRUTH_RATE
from ..measures.isolation import flow_alone, isolated

HIT, FLOW, BACKGROUND, ROOM = "hit", "flow", "background", "room"
SLOWER = 4  # frames that become one where the whole clip is the segment
RATES = {
    HIT: HOPS_PER_SECOND,
    FLOW: HOPS_PER_SECOND,
    BACKGROUND: HOPS_PER_SECOND / SLOWER,
    ROOM: HOPS_PER_SECOND / SLOWER,
}  # frames a second of each subject's segments
SUBJECTS = tuple(RATES)
NOTHING = "nothing"
BEFORE, AFTER = 0.06, 0.1  # seconds around a hit in which there must be no other
HIT_SECONDS = 0.46  # of a hit's segment, which begins BEFORE it
STRETCH = 60  # frames at 100 Hz of a flow
FEWEST_HITS = 2  # in a clip whose room is classified


@dataclass(frozen=True)
class Segment:
    subject: str  # one of SUBJECTS
    power: Tensor  # [BANDS, T]
    label: str  # the true one
    caption_only: bool = False  # only the caption says it: the material behind a neutral look


def segments(sound: Tensor, rate: int, truth: Truth) -> list[Segment]:
    """All of a clip, in a fixed order that depends on the truth alone."""
    power = band_power(sound, rate)
    found = _hits(power, truth) + _flows(power, truth)
    whole = F.avg_pool1d(power, SLOWER)
    kind = truth.ambience.kind if truth.ambience is not None else NOTHING
    found.append(Segment(BACKGROUND, whole, kind))
    if len(truth.events) >= FEWEST_HITS:
        found.append(Segment(ROOM, whole, truth.room))
    return found


def hit_label(event: EventTruth) -> str:
    return f"{event.kind} {event.material}"


def material_of(label: str) -> str:
    """The material in a hit's or flow's label."""
    return label.split(" ", 1)[1]


def _caption_only(truth: Truth, source: str, material: str) -> bool:
    hidden = truth.override
    return hidden is not None and (hidden.source, hidden.material) == (source, material)


def _hits(power: Tensor, truth: Truth) -> list[Segment]:
    return [
        Segment(
            HIT,
            _cut(power, e.time - BEFORE, HIT_SECONDS),
            hit_label(e),
            _caption_only(truth, e.source, e.material),
        )
        for e in isolated(truth, BEFORE, AFTER)
    ]


def _flows(power: Tensor, truth: Truth) -> list[Segment]:
    """Stretches in which one flow sounds alone, one after another."""
    found = []
    for flow in truth.flows:
        alone = np.concatenate([flow_alone(truth, flow), [False]])
        label = f"{flow.kind} {flow.material}"
        hidden = _caption_only(truth, flow.source, flow.material)
        start = 0
        for stop in np.flatnonzero(~alone):
            for first in range(start, stop - STRETCH + 1, STRETCH):
                cut = _cut(power, first / TRUTH_RATE, STRETCH / TRUTH_RATE)
                found.append(Segment(FLOW, cut, label, hidden))
            start = stop + 1
    return found


def _cut(power: Tensor, start: float, seconds: float) -> Tensor:
    """[BANDS, frames] from `start` on; zeros beyond the sound's ends."""
    first, count = round(start * HOPS_PER_SECOND), round(seconds * HOPS_PER_SECOND)
    inside = power[:, max(first, 0) : max(first + count, 0)]
    before = min(max(-first, 0), count)
    return F.pad(inside, (before, count - before - inside.shape[1]))


def stacked(found: list[Segment]) -> tuple[Tensor, list[str]]:
    """Powers [N, BANDS, T] and labels of segments of one subject."""
    return torch.stack([s.power for s in found]), [s.label for s in found]
