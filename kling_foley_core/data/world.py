"""Foley World as a source of training samples: a scene's truth as labels."""

from __future__ import annotations

import numpy as np

from ..foley_world import Truth
from ..foley_world.truth import AUDIBLE, TRUTH_RATE
from .labels import TimedLabel

RINGS = 0.15  # seconds in which a hit counts as sounding


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
