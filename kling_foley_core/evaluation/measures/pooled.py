"""Measures of many clips, each event weighing the same, and how they vary with which clips were drawn.

A pool is draws [R, clips]: how often a clip is there in each of R resamples. What a clip holds (counts,
values, pairs) counts as often as the clip does; a measure is then [R], NaN where nothing was drawn that
holds it. One resample with every clip once gives the measure itself; RESAMPLES of as many clips as there are,
drawn with replacement, its interval: the percentile bootstrap by clips (Efron, 1979), seeded, the same draws
for every measure of as many clips. Sums and ranks are taken of draws at once, so that 2000 resamples take
milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import ENDS, RESAMPLES, SEED
from .statistics import FEWEST, FLAT, Pair

HELD = 0.8  # of the resamples must have it: one clip alone is in 0.75 at most, one of two in 0.86 at least
Numbers = dict[str, np.ndarray]  # measure -> [R]


@dataclass(frozen=True)
class Pool:
    draws: np.ndarray  # [R, clips]

    @classmethod
    def whole(cls, clips: int) -> Pool:
        """Every clip once."""
        return cls(np.ones((1, clips)))

    @classmethod
    def resampled(cls, clips: int) -> Pool:
        drawn = np.random.RandomState(SEED).randint(0, clips, (RESAMPLES, clips))
        return cls(np.stack([np.bincount(row, minlength=clips) for row in drawn]).astype(np.float64))

    def share(self, parts: Sequence[float], wholes: Sequence[float]) -> np.ndarray:
        """Parts of wholes, one of each a clip."""
        return _ratio(self.draws @ np.asarray(parts, float), self.draws @ np.asarray(wholes, float))

    def mean(self, values: Sequence[Sequence[float]]) -> np.ndarray:
        """Of all values; a clip has any number of them, as in what follows."""
        return self.share([sum(found) for found in values], [len(found) for found in values])

    def median(self, values: Sequence[Sequence[float]]) -> np.ndarray:
        every, clip = _flat(values)
        if not len(every):
            return np.full(len(self.draws), np.nan)
        order = np.argsort(every)
        every, last = every[order], np.cumsum(self.draws[:, clip[order]], axis=1)
        count = last[:, -1]
        middles = [
            every[np.minimum((last <= place[:, None]).sum(1), len(every) - 1)]
            for place in ((count - 1) // 2, count // 2)
        ]
        return np.where(count > 0, (middles[0] + middles[1]) / 2, np.nan)

    def pearson(self, pairs: Sequence[Sequence[Pair]]) -> np.ndarray:
        """As statistics.pearson: of FEWEST pairs or more; 0 if one of the two never changes."""
        every, clip = _flat(pairs)
        if len(every) < FEWEST:
            return np.full(len(self.draws), np.nan)
        x, y = (every - every.mean(0)).T
        sums = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])
        each = np.stack([np.bincount(clip, row, self.draws.shape[1]) for row in sums], axis=1)
        count, sx, sy, xx, yy, xy = (self.draws @ each).T
        xx, yy, xy = xx - _ratio(sx * sx, count), yy - _ratio(sy * sy, count), xy - _ratio(sx * sy, count)
        size = np.sqrt(np.maximum(xx, 0) * np.maximum(yy, 0))
        return np.where(count < FEWEST, np.nan, np.where(size > FLAT, _ratio(xy, size), 0.0))


def mean_of(measures: Sequence[np.ndarray]) -> np.ndarray:
    """[R] of those measures [R] that there are."""
    found = np.stack(measures)
    return _ratio(np.nansum(found, axis=0), (~np.isnan(found)).sum(0))


def value_of(measure: np.ndarray) -> float | None:
    """Of a pool of one resample."""
    return None if np.isnan(measure[0]) else float(measure[0])


def values_of(measures: Mapping[str, np.ndarray]) -> dict[str, float | None]:
    return {name: value_of(measure) for name, measure in measures.items()}


def ends_of(measure: np.ndarray) -> tuple[float, float] | None:
    """Low and high of 95 %; None where the measure hangs on one clip, which says nothing of others."""
    found = measure[~np.isnan(measure)]
    if len(found) < HELD * len(measure):
        return None
    low, high = np.percentile(found, ENDS)
    return float(low), float(high)


def _flat(values: Sequence[Sequence]) -> tuple[np.ndarray, np.ndarray]:
    """All of them [n, ...] and the clip of each [n]."""
    clip = np.repeat(np.arange(len(values)), [len(found) for found in values])
    return np.array([value for found in values for value in found], dtype=np.float64), clip


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole != 0)
