"""Families of the world apart: their counts make the whole, in one order; intervals hold their figures."""

from __future__ import annotations

import numpy as np

from kling_foley_core.evaluation.measures.level import Levels
from kling_foley_core.evaluation.measures.matching import Hits
from kling_foley_core.evaluation.measures.pan import Pans
from kling_foley_core.evaluation.runners.families import by_family, figures
from kling_foley_core.evaluation.runners.scores import ClipScore, intervals, summarise
from kling_foley_core.foley_world import FAMILIES

OF_CLIPS = ("rain", "mixed", "bounce", "rain", "stillness", "bounce", "bounce")


def score(matched: int, false: int, missed: int) -> ClipScore:
    offsets = tuple(0.01 * k for k in range(matched))
    levels = Levels(hits=(), silence=(True,) * false, overall=(-20.0, -20.0))
    return ClipScore(Hits(matched, false, missed, offsets), None, Pans((), (), ()), levels, None, ())


def scores() -> dict[str, list[ClipScore]]:
    draw = np.random.default_rng(3)
    return {name: [score(*map(int, draw.integers(0, 9, 3))) for _ in OF_CLIPS] for name in ("true", "model")}


def test_families_make_the_whole_in_the_worlds_order() -> None:
    found = scores()
    whole, families = figures(found), by_family(found, OF_CLIPS)
    assert [*families] == [family for family in FAMILIES if family in OF_CLIPS]
    assert [*families] == ["bounce", "rain", "mixed", "stillness"]
    assert {family: of_it["clips"] for family, of_it in families.items()} == {
        family: OF_CLIPS.count(family) for family in families
    }
    assert whole["counts"]["events"] > 0 < whole["counts"]["silent frames"]
    for what, count in whole["counts"].items():
        assert sum(of_it["counts"][what] for of_it in families.values()) == count
    bounce = [found["model"][i] for i in (2, 5, 6)]
    assert families["bounce"]["conditions"]["model"] == summarise(bounce)
    assert families["bounce"]["intervals"]["model"] == intervals(bounce)
    assert set(families["mixed"]["intervals"]["model"].values()) == {None}  # one clip


def test_clips_that_are_alike_have_no_width() -> None:
    alike = [score(3, 1, 2)] * 4
    figure, ends = summarise(alike), intervals(alike)
    assert figure["f1"] == 6 / 9 and figure.keys() == ends.keys()
    for name in ("f1", "precision", "recall", "offset_ms", "silence"):
        np.testing.assert_allclose(ends[name], figure[name], rtol=1e-12)


def test_intervals_are_those_of_clips_drawn_and_pooled_again() -> None:
    clips = scores()["model"]
    draw, n = np.random.default_rng(8), len(clips)
    pooled = [summarise([clips[i] for i in draw.integers(0, n, n)])["f1"] for _ in range(800)]
    np.testing.assert_allclose(intervals(clips)["f1"], np.percentile(pooled, (2.5, 97.5)), atol=0.03)
