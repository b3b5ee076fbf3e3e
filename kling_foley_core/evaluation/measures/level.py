"""Levels: of hits against their true loudness in dB, and silence where the true sound is silent.

A hit's loudness is the RMS of its first 50 ms (onset_spectrum.py), as in the truth. Silence:
frames of 100 ms in which the true sound is under SILENT; they count as kept if the sound is under QUIET
there. Our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ...foley_world import Truth
from ...foley_world.truth import TRUTH_RATE
from .envelope import envelope
from .onset_spectrum import audible, onset_power
from .pooled import Numbers, Pool, values_of
from .statistics import Pair

SILENT, QUIET = 10 ** (-66 / 20), 10 ** (-50 / 20)
FAINTEST_DB = -60.0  # fainter than any hit of the world, and what a missing hit counts as


@dataclass(frozen=True)
class Levels:
    hits: tuple[Pair, ...]  # dB, true and measured
    silence: tuple[bool, ...]  # of every silent frame: kept
    overall: Pair  # dB of the whole clip


def levels(sound: Tensor, rate: int, truth: Truth, true_sound: Tensor) -> Levels:
    hits = [
        (event.loudness_db, _decibels(float(onset_power(sound, rate, event.time).sum())))
        for event in audible(true_sound, rate, truth)
    ]
    frames = round(truth.seconds * TRUTH_RATE)
    silent = envelope(true_sound, rate, frames)[::5] < SILENT
    kept = envelope(sound, rate, frames)[::5][silent] < QUIET
    overall = tuple(_decibels(float(s.square().sum(0).mean())) for s in (true_sound, sound))
    return Levels(tuple(hits), tuple(kept.tolist()), overall)


def pooled(all_levels: list[Levels], pool: Pool) -> Numbers:
    return {
        "loudness_hits_r": pool.pearson([levels.hits for levels in all_levels]),
        "loudness_clips_r": pool.pearson([[levels.overall] for levels in all_levels]),
        "silence": pool.mean([levels.silence for levels in all_levels]),
    }


def summary(all_levels: list[Levels]) -> dict[str, float | None]:
    return values_of(pooled(all_levels, Pool.whole(len(all_levels))))


def _decibels(power: float) -> float:
    return max(FAINTEST_DB, 10 * float(np.log10(max(power, 1e-12))))
