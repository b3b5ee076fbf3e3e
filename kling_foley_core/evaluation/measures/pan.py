"""The pan of a stereo sound [2, N] against the place of its source in the picture: x in -1..1.

With constant-power pan (R^2 - L^2) / (R^2 + L^2) = sin(x pi / 2), so x is got back from the two energies:
for a hit from those of its onset (onset_spectrum.py), for a flow from 100 ms around every 50 ms. Measured
only where one source sounds alone. Lag: by how much the measured path must be shifted to fit the true one
best. Our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ...foley_world import Truth
from ...foley_world.truth import TRUTH_RATE
from .envelope import channel_power
from .isolation import flow_alone
from .onset_spectrum import audible, onset_power
from .pooled import Numbers, Pool, values_of
from .statistics import Pair, pearson

FRAME, STEP = 0.1, 5  # seconds, 100 Hz frames
SIDE = 0.1  # |x| from which a side can be told
MOVING, LONGEST_LAG, LEAST_FRAMES = 0.15, 50, 150  # deviation of x; frames
FOLLOWS = 0.5  # r from which a lag means anything


@dataclass(frozen=True)
class Pans:
    hits: tuple[Pair, ...]  # (true x, measured x)
    flows: tuple[Pair, ...]
    lags: tuple[float, ...]  # seconds the sound comes later, of flows that move


def pan_position(left: float | np.ndarray, right: float | np.ndarray) -> np.ndarray:
    """x from two energies; silence is in the middle."""
    ratio = (right - left) / np.maximum(right + left, 1e-12)
    return np.arcsin(np.clip(ratio, -1, 1)) * 2 / np.pi


def pans(sound: Tensor, rate: int, truth: Truth, true_sound: Tensor) -> Pans:
    """`true_sound` says which hits are audible at all."""
    flows, lags = [], []
    measured = pan_position(*channel_power(sound, rate, round(truth.seconds * TRUTH_RATE), FRAME))
    for flow in truth.flows:
        alone, x = flow_alone(truth, flow), np.array(flow.x)
        chosen = np.flatnonzero(alone)[::STEP]
        flows += zip(x[chosen].tolist(), measured[chosen].tolist(), strict=True)
        if alone.sum() >= LEAST_FRAMES and x[alone].std() > MOVING:
            shift = lag(x, measured, alone)
            lags += [] if shift is None else [shift]
    return Pans(tuple(_hits(sound, rate, truth, true_sound)), tuple(flows), tuple(lags))


def _hits(sound: Tensor, rate: int, truth: Truth, true_sound: Tensor) -> list[Pair]:
    return [
        (event.x, float(pan_position(*onset_power(sound, rate, event.time).tolist())))
        for event in audible(true_sound, rate, truth)
    ]


def lag(x: np.ndarray, measured: np.ndarray, alone: np.ndarray) -> float | None:
    """Seconds; None if no shift within half a second makes the measured path follow the true one."""
    fits = []
    for shift in range(-LONGEST_LAG, LONGEST_LAG + 1):
        both = alone & np.roll(alone, -shift)
        both[max(0, len(both) - shift) :] = False
        both[: max(0, -shift)] = False
        fits.append(pearson(x[both], np.roll(measured, -shift)[both]) or 0.0)
    best = int(np.argmax(fits))
    return (best - LONGEST_LAG) / TRUTH_RATE if fits[best] > FOLLOWS else None


def pooled(all_pans: list[Pans], pool: Pool) -> Numbers:
    hits = [pans.hits for pans in all_pans]
    flows = [pans.flows for pans in all_pans]
    both = [(*a, *b) for a, b in zip(hits, flows, strict=True)]
    return {
        "pan_hits_r": pool.pearson(hits),
        "pan_flows_r": pool.pearson(flows),
        "pan_r": pool.pearson(both),
        "pan_sign": pool.mean([[float(a * b > 0) for a, b in found if abs(a) > SIDE] for found in both]),
        "pan_lag_ms": 1000 * pool.median([[abs(lag) for lag in pans.lags] for pans in all_pans]),
    }


def summary(all_pans: list[Pans]) -> dict[str, float | None]:
    return values_of(pooled(all_pans, Pool.whole(len(all_pans))))
