"""Inception score: logits [n, classes] of generated sounds -> how sure of each and how varied together.

Rows are shuffled, cut into 10 parts, and each part scores exp(mean KL(p || mean p)), 1 .. classes
(Salimans et al., 2016); the measure is the mean of the parts. The shuffle is RandomState(2020)'s, as in the
reference. With few rows the score is biased: ten rows alone always score 1.

A clip moves the score by its part's score times what its own KL is over the part's mean, divided by rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp

from .rows import checked_rows

PARTS = 10
SEED = 2020


def inception_score(logits: ArrayLike) -> tuple[float, float]:
    """Mean and (population) standard deviation of the parts' scores; higher is better."""
    scores, _, _ = _parts(logits)
    return float(scores.mean()), float(scores.std())


def inception_influences(logits: ArrayLike) -> tuple[float, np.ndarray]:
    """The score and its derivatives by the weight of each row [n]."""
    scores, parts, divergences = _parts(logits)
    influence = np.empty(sum(map(len, parts)))
    for score, part, own in zip(scores, parts, divergences, strict=True):
        influence[part] = score * (own - own.mean()) / (len(part) * PARTS)
    return float(scores.mean()), influence


def _parts(logits: ArrayLike) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Scores [10]; of each part its rows' numbers and their KL to the part's mean."""
    log_p = log_softmax(checked_rows(logits, "generated", PARTS), axis=1)
    n = len(log_p)
    order = np.random.RandomState(SEED).permutation(n)
    parts = [order[i * n // PARTS : (i + 1) * n // PARTS] for i in range(PARTS)]
    divergences = [_divergences(log_p[part]) for part in parts]
    return np.array([np.exp(own.mean()) for own in divergences]), parts, divergences


def _divergences(log_p: np.ndarray) -> np.ndarray:
    """KL of each row to the mean of all [rows]."""
    log_q = logsumexp(log_p, axis=0) - np.log(len(log_p))
    return (np.exp(log_p) * (log_p - log_q)).sum(1)
