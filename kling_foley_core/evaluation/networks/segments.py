"""What there is to name in a clip: a piece of the sound and the true name of its hits, stretches of flows,
background, room.

From a sound and the clip's truth; the same for training on true sound and for judging what a model made.
Pieces are band powers [BANDS, T] of both channels together, so that no answer hangs on stereo: of a hit from
60 ms before it to 400 ms after, of a flow 0.6 s, at 200 frames a second; of background and room the whole
clip, at 50.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...foley_world import EventTruth, Truth
from ...foley_world.truth import TRUTH_RATE
from ..measures.bands import HOPS_PER_SECOND, band_power
from ..measures.isolation import isolated, one_flow

HIT, FLOW, BACKGROUND, ROOM = "hit", "flow", "background", "room"
SLOWER = 4  # frames that become one where the whole clip is the piece
RATES = {
    HIT: HOPS_PER_SECOND,
    FLOW: HOPS_PER_SECOND,
    BACKGROUND: HOPS_PER_SECOND / SLOWER,
    ROOM: HOPS_PER_SECOND / SLOWER,
}  # frames a second of each subject's pieces
SUBJECTS = tuple(RATES)
NOTHING = "nothing"
BEFORE, AFTER = 0.06, 0.1  # seconds that a hit must have to itself to be named
HEARD = 0.46  # seconds of a hit's piece, which begins BEFORE it
STRETCH = 60  # frames at 100 Hz of a flow
FEWEST_HITS = 2  # to hear a room by


@dataclass(frozen=True)
class Example:
    subject: str
    piece: Tensor
    name: str
    told: bool = False  # only the caption says it: the material behind a neutral look


def examples(sound: Tensor, rate: int, truth: Truth) -> list[Example]:
    """All of a clip, in a fixed order that depends on the truth alone."""
    power = band_power(sound, rate)
    found = _hits(power, truth) + _flows(power, truth)
    whole = F.avg_pool1d(power, SLOWER)
    kind = truth.ambience.kind if truth.ambience is not None else NOTHING
    found.append(Example(BACKGROUND, whole, kind))
    if len(truth.events) >= FEWEST_HITS:
        found.append(Example(ROOM, whole, truth.room))
    return found


def hit_name(event: EventTruth) -> str:
    return f"{event.kind} {event.material}"


def material_of(name: str) -> str:
    """The material in a hit's or flow's name."""
    return name.split(" ", 1)[1]


def _told(truth: Truth, source: str, material: str) -> bool:
    hidden = truth.override
    return hidden is not None and (hidden.source, hidden.material) == (source, material)


def _hits(power: Tensor, truth: Truth) -> list[Example]:
    return [
        Example(HIT, _piece(power, e.time - BEFORE, HEARD), hit_name(e), _told(truth, e.source, e.material))
        for e in isolated(truth, BEFORE, AFTER)
    ]


def _flows(power: Tensor, truth: Truth) -> list[Example]:
    """Stretches that are one flow's alone, one after another."""
    found = []
    for flow in truth.flows:
        alone = np.concatenate([one_flow(truth, flow), [False]])
        start = 0
        for stop in np.flatnonzero(~alone):
            for first in range(start, stop - STRETCH + 1, STRETCH):
                piece = _piece(power, first / TRUTH_RATE, STRETCH / TRUTH_RATE)
                name = f"{flow.kind} {flow.material}"
                told = _told(truth, flow.source, flow.material)
                found.append(Example(FLOW, piece, name, told))
            start = stop + 1
    return found


def _piece(power: Tensor, start: float, seconds: float) -> Tensor:
    """[BANDS, frames] from `start` on; beyond the sound there is none."""
    first, count = round(start * HOPS_PER_SECOND), round(seconds * HOPS_PER_SECOND)
    inside = power[:, max(first, 0) : max(first + count, 0)]
    before = min(max(-first, 0), count)
    return F.pad(inside, (before, count - before - inside.shape[1]))


def stacked(found: list[Example], subject: str) -> tuple[Tensor, list[str]]:
    """Pieces [N, BANDS, T] and names of one subject."""
    chosen = [e for e in found if e.subject == subject]
    return torch.stack([e.piece for e in chosen]), [e.name for e in chosen]
