"""Inception score and kernel distance: known values, and how clips move them against moved weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures import kid
from kling_foley_core.evaluation.measures.frechet import frechet_influences
from kling_foley_core.evaluation.measures.inception import PARTS, SEED, inception_influences, inception_score
from kling_foley_core.evaluation.measures.intervals import set_influences
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


def test_inception_influences_are_of_the_parts_without_each_row() -> None:
    p = softmax(LOGITS, axis=1)
    order = np.random.RandomState(SEED).permutation(43)

    def score(rows: np.ndarray) -> float:
        return float(np.exp((p[rows] * np.log(p[rows] / p[rows].mean(0))).sum(1).mean()))

    value, influences = inception_influences(LOGITS)
    parts = [order[i * 43 // PARTS : (i + 1) * 43 // PARTS] for i in range(PARTS)]
    assert value == pytest.approx(np.mean([score(part) for part in parts]))
    for part in parts:
        without = np.array([score(part[part != row]) for row in part])
        expected = (without.mean() - without) * np.sqrt(1 - 1 / len(part)) / PARTS
        assert np.allclose(influences[part], expected)


def test_inception_influences_of_parts_of_one_row() -> None:
    value, influences = inception_influences(LOGITS[:10])
    assert value == pytest.approx(1) and not influences.any()


@pytest.mark.parametrize("rows", [20, 40, 300])
def test_inception_influences_say_how_far_fresh_rows_spread(rows: int) -> None:
    random = np.random.RandomState(2)
    found = [inception_influences(3 * random.randn(rows, 12)) for _ in range(150)]
    spread = np.std([value for value, _ in found])
    assert 0.9 * spread < np.mean([np.sqrt(np.square(moves).sum()) for _, moves in found]) < 1.4 * spread


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
    value, influences = kernel_influences(X, Y, (np.arange(12), np.arange(12)))
    step = 1e-5 * np.eye(12)
    slopes = np.array([mmd(1 + s) - mmd(1 - s) for s in step]) / 2e-5
    assert value == pytest.approx(mmd(np.ones(12)))
    assert np.allclose(influences, slopes - slopes.mean(), atol=1e-6)


def test_kernel_distance_of_equal_sets_is_zero_on_average() -> None:
    """Not so FD: that is biased by few rows."""
    random = np.random.RandomState(1)
    found = [kernel_distance(random.randn(15, 3), random.randn(15, 3))[0] for _ in range(300)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)


def test_a_clip_moves_the_sets_that_it_has_rows_in_and_a_set_adds_up_to_zero() -> None:
    found = set_influences(
        [np.array([1.0, 2, 6]), np.array([10.0, 30])], [np.array([0, 0, 1]), np.array([1, 2])]
    )
    assert found.tolist() == [-1.5, 1.5 - 10, 10]


@pytest.mark.parametrize("measure", [frechet_influences, kernel_influences], ids=["frechet", "kernel"])
@pytest.mark.parametrize("shared", [0, 20, 30], ids=["no pairs", "some", "all that can be"])
def test_influences_of_two_sets_say_how_far_fresh_clips_spread(measure, shared: int) -> None:
    """30 sounds against 50 true ones, `shared` of them of the same clips and then alike."""
    random = np.random.RandomState(2)
    clips = np.arange(30), np.arange(50) + 30 - shared
    found = []
    for _ in range(80):
        true = random.randn(50, 3) + 0.5
        sounds = random.randn(30, 3)
        sounds[30 - shared :] += 1.5 * true[:shared] - 0.75
        found.append(measure(sounds, true, clips))
    spread = np.std([value for value, _ in found])
    assert all(len(moves) == 80 - shared for _, moves in found)
    assert 0.85 * spread < np.mean([np.sqrt(np.square(moves).sum()) for _, moves in found]) < 1.25 * spread
