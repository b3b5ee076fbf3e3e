"""Hits of a sound against those of the film's own: onsets heard in both (analysis/onsets.py), paired one to
one within 50 ms (matching.py).

    coverage   share of the reference's onsets that the sound has too
    precision  share of the sound's onsets that the reference has too
    F1         their harmonic mean
    offset     ms between the two onsets of a pair: the median of its size
    delay      ms, the median with its sign: above 0 the sound comes late

None where there is nothing to say it of: no onset in the reference, none in the sound, no pair. A reference
without onsets has nothing to find, so each onset of the sound is false, and F1 is 0. Onsets of both are found
by the same detector, so its bias of a millisecond and its deafness cancel out.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from ...analysis.onsets import long_onsets
from .matching import count, merged


class Onsets(NamedTuple):
    """Ascending seconds; None without a reference."""

    sound: list[float]
    reference: list[float] | None


def onsets_of(sound: Tensor, rate: int, reference: tuple[Tensor, int] | None = None) -> Onsets:
    """Of [1 or 2, N], and of a reference (wave, rate)."""
    return Onsets(_heard(sound, rate), None if reference is None else _heard(*reference))


def hit_figures(onsets: Onsets, end: float) -> dict[str, float | None]:
    """Of onsets with a reference, before `end` seconds: what is compared."""
    heard, true = ([t for t in times if t < end] for times in onsets)
    hits = count(merged(true), heard)
    return {
        "hits coverage": hits.recall,
        "hits precision": hits.precision,
        "hits F1": hits.f1,
        "hits offset": hits.offset_ms,
        "hits delay": hits.delay_ms,
    }


def _heard(wave: Tensor, rate: int) -> list[float]:
    """A mono sound is heard on both sides."""
    return long_onsets(wave.expand(2, -1), rate)
