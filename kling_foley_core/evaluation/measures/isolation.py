"""Where in a clip one source sounds alone, by its truth: isolated events, masks at 100 Hz."""

from __future__ import annotations

import numpy as np

from ...foley_world import EventTruth, FlowTruth, Truth
from ...foley_world.truth import TRUTH_RATE

RINGING = 0.35  # seconds a hit is given to fade
LONG_RINGING = {"bell metal": 2.5, "metal": 1.0}
ECHO = {"hall": 0.8, "room": 0.2}
EARLIER = 0.03  # seconds before a hit that are left out too
LOUD = 0.25  # of a flow's loudest: from here it can be measured
RIVAL = 0.3  # of its level: louder than this, another flow is a rival


def isolated(truth: Truth, before: float, after: float) -> list[EventTruth]:
    """Events of the clip that no other event, and no breaking of something else, comes near."""
    return [
        event
        for event in truth.events
        if event.time + after < truth.seconds
        and not any(
            event.time - before - other.lasts < other.time < event.time + after
            for other in truth.events
            if other is not event
        )
    ]


def without_hits(truth: Truth) -> np.ndarray:
    """[frames] bool: no hit sounds."""
    times = np.arange(round(truth.seconds * TRUTH_RATE)) / TRUTH_RATE
    free = np.ones(len(times), dtype=bool)
    for event in truth.events:
        rings = LONG_RINGING.get(event.material, RINGING) + ECHO.get(truth.room, 0.0)
        free &= (times < event.time - EARLIER) | (times > event.time + event.lasts + rings)
    return free


def flow_alone(truth: Truth, flow: FlowTruth) -> np.ndarray:
    """[frames] bool: this flow sounds, no other one as much, and no hit."""
    level = np.array(flow.envelope)
    alone = without_hits(truth) & (level > max(LOUD * level.max(), 1e-5))
    for other in truth.flows:
        if other is not flow:
            alone &= np.array(other.envelope) < RIVAL * level
    if truth.ambience is not None:
        alone &= np.array(truth.ambience.envelope) < RIVAL * level
    return alone
