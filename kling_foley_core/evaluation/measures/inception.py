"""Inception score: logits [n, classes] of generated sounds -> how sure of each and how varied together.

Rows are shuffled, cut into 10 parts, and each part scores exp(mean KL(p || mean p)), 1 .. classes
(Salimans et al., 2016); the measure is the mean of the parts. The shuffle is RandomState(2020)'s, as in the
reference. With few rows the score is biased: ten rows alone always score 1.

How a clip moves it is taken of its part without the clip (jackknife; Tukey, 1958): a derivative by weight
says too little in parts of a few rows. Where parts have less than 4 rows that says too little as well, and a
clip stands for its part, by how far that scores from the mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, softmax

from .rows import checked_rows

PARTS = 10
SEED = 2020
LEAST = 4  # rows of a part that can spare one


def inception_score(logits: ArrayLike) -> tuple[float, float]:
    """Mean and (population) standard deviation of the parts' scores; higher is better."""
    p, parts = _parts(logits)
    scores = np.array([_score(p[part]) for part in parts])
    return float(scores.mean()), float(scores.std())


def inception_influences(logits: ArrayLike) -> tuple[float, np.ndarray]:
    """The score and by how much it rises with each row [n]."""
    p, parts = _parts(logits)
    value = inception_score(logits)[0]
    influences = np.zeros(len(p))
    for part in parts:
        rows = len(part)
        if len(p) < LEAST * PARTS:
            influences[part] = (_score(p[part]) - value) / np.sqrt(rows) / PARTS
        else:
            without = _scores_without_each(p[part])
            influences[part] = (without.mean() - without) * np.sqrt((rows - 1) / rows) / PARTS
    return value, influences - influences.mean()


def _parts(logits: ArrayLike) -> tuple[np.ndarray, list[np.ndarray]]:
    """Probabilities [n, classes] and the numbers of each part's rows."""
    p = softmax(checked_rows(logits, "generated", PARTS), axis=1)
    order = np.random.RandomState(SEED).permutation(len(p))
    return p, [order[i * len(p) // PARTS : (i + 1) * len(p) // PARTS] for i in range(PARTS)]


def _score(p: np.ndarray) -> float:
    """exp of the mean KL to the mean, which is the mean's entropy less the mean entropy."""
    return float(np.exp(entr(p.mean(0)).sum() - entr(p).sum(1).mean()))


def _scores_without_each(p: np.ndarray) -> np.ndarray:
    """[rows]"""
    others = len(p) - 1
    means = (p.sum(0) - p).clip(0) / others
    entropies = entr(p).sum(1)
    return np.exp(entr(means).sum(1) - (entropies.sum() - entropies) / others)
