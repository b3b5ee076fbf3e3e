"""Inception score and kernel distance: known values, and how clips move them against moved weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures import kid
from kling_foley_core.evaluation.measures.inception import PARTS, SEED, inception_influences, inception_score
from kling_foley_core.evaluation.measures.kid import kernel_distance, kernel_influences

RANDOM = np.random.RandomState(0)
LOGITS = 3 * RANDOM.randn(43, 5)
X, Y = RANDOM.randn(12, 4), RANDOM.randn(12, 4) + 0.5


def test_inception_score_of_sure_and_varied_rows() -> None:
    """Sure of 4 classes, each as often in every part: 4. Always the same: 1."""
    order = np.random.RandomState(SEED).permutation(40)
    sure = np.zeros((40, 4))
    sure[order, np.arange(40) % 4] = 200
    assert inception_score(sure)[0] == pytest.approx(4)
    assert inception_score(np.tile(LOGITS[:1], (20, 1)))[0] == pytest.approx(1)
    with pytest.raises(InputError, match="9 rows of generated features: 10 are needed"):
        inception_score(LOGITS[:9])


def test_inception_influences_are_the_derivatives() -> None:
    p = softmax(LOGITS, axis=1)
    order = np.random.RandomState(SEED).permutation(43)

    def score(weights: np.ndarray) -> float:
        scores = []
        for i in range(PARTS):
            part = order[i * 43 // PARTS : (i + 1) * 43 // PARTS]
            w = weights[part] / weights[part].sum()
            q = w @ p[part]
            scores.append(np.exp(w @ (p[part] * np.log(p[part] / q)).sum(1)))
        return float(np.mean(scores))

    value, influences = inception_influences(LOGITS)
    step = 1e-5 * np.eye(43)
    slopes = np.array([score(1 + s) - score(1 - s) for s in step]) / 2e-5
    assert value == pytest.approx(score(np.ones(43)))
    assert np.allclose(influences, slopes, atol=1e-7)
    assert influences.sum() == pytest.approx(0, abs=1e-12)


def mmd(weights: np.ndarray) -> float:
    """Of all pairs, term by term."""
    found, n = 0.0, len(X)
    for i in range(n):
        for j in range(n):
            w = weights[i] * weights[j]
            own = sum((v[i] @ v[j] / 4 + 1) ** 3 for v in (X, Y)) / (n * (n - 1))
            found += w * (0 if i == j else own) - 2 * w * (X[i] @ Y[j] / 4 + 1) ** 3 / n**2
    return found


def test_kernel_distance_of_a_whole_set_is_that_of_all_pairs() -> None:
    mean, deviation = kernel_distance(X, Y)
    assert mean == pytest.approx(mmd(np.ones(12))) and deviation == 0


def test_kernel_influences_are_the_derivatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kid, "BLOCK", 5)
    value, influences = kernel_influences(X, Y)
    step = 1e-5 * np.eye(12)
    slopes = np.array([mmd(1 + s) - mmd(1 - s) for s in step]) / 2e-5
    assert value == pytest.approx(mmd(np.ones(12)))
    assert np.allclose(influences, slopes - slopes.mean(), atol=1e-6)


def test_kernel_distance_of_equal_sets_is_zero_on_average() -> None:
    """Not so FD: that is biased by few rows."""
    random = np.random.RandomState(1)
    found = [kernel_distance(random.randn(15, 3), random.randn(15, 3))[0] for _ in range(300)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)
