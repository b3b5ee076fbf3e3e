"""The Frechet distance against what is known of it, and its influences against weights moved a little."""

from __future__ import annotations

import numpy as np
import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures import frechet
from kling_foley_core.evaluation.measures.frechet import frechet_distance, frechet_influences

STEP = 1e-4


def draws(n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.RandomState(seed)
    return rng.randn(n, d) @ rng.randn(d, d) * 0.5 + rng.randn(d)


def plain(x: np.ndarray, y: np.ndarray, weights: tuple[np.ndarray, np.ndarray]) -> float:
    """With a weight a row: covariances, and their root by eigenvalues."""
    means, covariances = [], []
    for rows, w in zip((x, y), weights, strict=True):
        means.append(w @ rows / w.sum())
        centred = rows - means[-1]
        covariances.append((w[:, None] * centred).T @ centred / (w.sum() - 1))
    values, vectors = np.linalg.eigh(covariances[0])
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ covariances[1] @ root).clip(0)).sum()
    return float(np.square(means[0] - means[1]).sum() + sum(map(np.trace, covariances)) - 2 * shared)


def test_a_moved_set_is_as_far_as_it_was_moved() -> None:
    x = draws(40, 6, 0)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(x + [3, 4, 0, 0, 0, 0], x) == pytest.approx(25)


def test_a_widened_set_by_hand() -> None:
    """Scaled by 3 every deviation s differs by 2 s."""
    x = draws(40, 6, 0)
    x -= x.mean(0)
    assert frechet_distance(3 * x, x) == pytest.approx(4 * np.trace(np.cov(x, rowvar=False)))


def test_many_windows_of_few_clips_are_no_wider_than_their_rows() -> None:
    """Fewer rows than numbers, more rows than numbers, and blocks of rows: one formula."""
    x, y = draws(30, 12, 1), draws(25, 12, 2)
    padded = [np.concatenate([v, np.zeros((len(v), 50))], 1) for v in (x, y)]
    assert frechet_distance(*padded) == pytest.approx(frechet_distance(x, y))


def test_blocks_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, clips = draws(60, 5, 1), draws(50, 5, 2), (np.arange(60) // 10, np.arange(50) // 10)
    value, influences = frechet_influences(x, y, clips)
    monkeypatch.setattr(frechet, "BLOCK", 7)
    again, influences_again = frechet_influences(x, y, clips)
    assert again == pytest.approx(value) and np.allclose(influences, influences_again)


@pytest.mark.parametrize("d", [4, 40], ids=["more rows than numbers", "fewer"])
def test_influences_are_the_derivatives(d: int) -> None:
    """Against the slow twin with the weights of each clip's rows moved up and down; clips have 1 to 3
    windows, and other numbers of them in the other set."""
    of_x, of_y = np.repeat(np.arange(8), [1, 2, 3, 3, 2, 1, 2, 2]), np.repeat(np.arange(8), [2, 2, 1, 3] * 2)
    x, y = draws(len(of_x), d, 3), draws(len(of_y), d, 4)
    value, influences = frechet_influences(x, y, (of_x, of_y))

    def moved(clip: int, by: float) -> float:
        return plain(x, y, (1 + by * (of_x == clip), 1 + by * (of_y == clip)))

    assert value == pytest.approx(plain(x, y, (np.ones(len(x)), np.ones(len(y)))), rel=1e-6)
    slopes = np.array([(moved(i, STEP) - moved(i, -STEP)) / (2 * STEP) for i in range(8)])
    assert np.allclose(influences, slopes - slopes.mean(), atol=1e-3 * np.abs(slopes).max())
    assert influences.sum() == pytest.approx(0, abs=1e-9)


def test_sets_of_one_point_each() -> None:
    value, influences = frechet_influences(np.ones((3, 2)), np.zeros((3, 2)), (np.arange(3), np.arange(3)))
    assert value == 2 and np.allclose(influences, 0)


def test_what_cannot_be_measured() -> None:
    x = draws(5, 3, 0)
    with pytest.raises(InputError, match="1 rows of generated features: 2 are needed"):
        frechet_distance(x[:1], x)
    with pytest.raises(InputError, match="3 and 2 numbers"):
        frechet_distance(x, x[:, :2])
    x[1, 1] = np.nan
    with pytest.raises(InputError, match="1 of 5 rows of true features hold NaN"):
        frechet_distance(draws(5, 3, 1), x)
