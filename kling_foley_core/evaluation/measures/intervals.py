"""95 % intervals of measures by resampling clips, and of the difference of two runs over the same clips.

Every measure is known with its influences [clips]: by how much it rises with a clip's weight, at weight 1;
they add up to zero. Of a mean of clips they are (figure - mean) / n. A resample draws as many clips as there
are, some twice, some never, pairs kept; the measure then is

    value + sum of the influences of the clips drawn

which for a mean is exactly the bootstrap (Efron, 1979), and for a measure of the set the bootstrap made
linear (the infinitesimal jackknife; Jaeckel, 1972). The plain bootstrap lost: clips that are there twice
raise FD by as much as its bias of few clips, so that its interval lies above the value, and each resample
costs a decomposition. The ends are percentiles 2.5 and 97.5 of 2000 resamples, by RandomState, whose numbers
no version of numpy changes, moved away from the value by

    sqrt(n / (n - 1)) t / 1.96        t: Student's 97.5 % of n - 1 degrees of freedom

since a resample of n clips scatters less than n fresh ones, by as much as the scatter itself is uncertain:
9.2 for 2 clips, 1.9 for 4, 1.1 for 20, 1.02 for 100. Without it 2 equal systems differ in every other
comparison of 2 clips, and in one of five of 4.

An interval says how much a figure hangs on which clips were taken, not what bias of few clips there is: FD
and IS of 64 clips and of 1000 are different numbers, and only those of as many clips compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

RESAMPLES = 2000
ENDS = (2.5, 97.5)  # percent
SEED = 2020
BLOCK = 2**22  # clips drawn at a time

Interval = tuple[float | None, float | None]


def mean_influences(figures: ArrayLike) -> np.ndarray:
    """[clips], of the mean of figures [clips]."""
    values = np.asarray(figures, dtype=np.float64)
    return (values - values.mean()) / len(values)


def set_influences(moves: Sequence[np.ndarray], clips: Sequence[np.ndarray]) -> np.ndarray:
    """[clips], of a measure of sets: by how much it rises with the weight of each row of each set, and to
    which clip the row belongs, 0, 1, ..: ([n], [m]). A clip moves the sets that it has rows in, and those of
    one set add up to zero: a set has no more weight for having more clips drawn."""
    number = 1 + max(int(own.max()) for own in clips)
    found = np.zeros(number)
    for rows, own in zip(moves, clips, strict=True):
        inside = np.bincount(own, minlength=number) > 0
        of_set = np.bincount(own, rows, minlength=number)[inside]
        found[inside] += of_set - of_set.mean()
    return found


def interval(value: float, influences: ArrayLike) -> Interval:
    """Low and high; None of one clip, which says nothing of others."""
    moves = np.asarray(influences, dtype=np.float64)
    if len(moves) < 2:
        return None, None
    low, high = value + widening(len(moves)) * np.percentile(resampled(moves), ENDS)
    return float(low), float(high)


def widening(clips: int) -> float:
    """By how much an interval of 2 clips or more is wider than its resamples say."""
    top = ENDS[1] / 100
    return float(np.sqrt(clips / (clips - 1)) * stdtrit(clips - 1, top) / ndtri(top))


def resampled(influences: np.ndarray) -> np.ndarray:
    """By how much the measure moves in each resample [RESAMPLES]; the same draws for as many clips."""
    draw, clips = np.random.RandomState(SEED), len(influences)
    at_once = max(1, BLOCK // clips)
    sums = [
        influences[draw.randint(0, clips, (min(at_once, RESAMPLES - i), clips))].sum(1)
        for i in range(0, RESAMPLES, at_once)
    ]
    return np.concatenate(sums)


def mean_difference(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float | int | None] | None:
    """a - b of a measure with a figure a clip, over the clips that both have: {"value", "low", "high",
    "clips"}, or None if they share none. By id: pair by pair."""
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    apart = np.array([a[clip] - b[clip] for clip in shared])
    return _entry(float(apart.mean()), mean_influences(apart))


def set_difference(
    a: tuple[float, Mapping[str, float]], b: tuple[float, Mapping[str, float]]
) -> dict[str, float | int | None] | None:
    """a - b of a measure of the set, each its value and influences by id; the same clip is drawn for both. A
    clip that only one of them has moves only that one. None if they share none."""
    if not a[1].keys() & b[1].keys():
        return None
    clips = sorted(a[1].keys() | b[1].keys())
    apart = np.array([a[1].get(clip, 0.0) - b[1].get(clip, 0.0) for clip in clips])
    return _entry(a[0] - b[0], apart)


def _entry(value: float, influences: np.ndarray) -> dict[str, float | int | None]:
    low, high = interval(value, influences)
    return {"value": value, "low": low, "high": high, "clips": len(influences)}
