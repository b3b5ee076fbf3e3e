"""Fading, swelling, loudness, silence: right for true sound, wrong for one that is wrong in that alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from foley_scenes import bare_scene, struck

from kling_foley_core.evaluation.measures.envelope import channel_power, envelope
from kling_foley_core.evaluation.measures.envelope_correlation import envelope_correlation
from kling_foley_core.evaluation.measures.fade import fade_in_place, half_time, true_half
from kling_foley_core.evaluation.measures.level import levels, summary
from kling_foley_core.evaluation.measures.statistics import pearson
from kling_foley_core.foley_world import make_scene, render_sound, truth_of
from kling_foley_core.foley_world.curve import Curve

RATE = 44100


def rendered(scene) -> torch.Tensor:
    return torch.from_numpy(render_sound(scene))


def test_power_of_a_step() -> None:
    sound = torch.zeros(2, RATE)
    sound[0, RATE // 2 :] = 0.5
    power = channel_power(sound, RATE, 100, 0.1)
    assert power[1].max() == 0 and power[0, 44] == 0 and power[0, 56] == pytest.approx(0.25, rel=1e-3)
    assert power[0, 50] == pytest.approx(0.125, rel=1e-3)
    assert envelope(sound, RATE, 100)[60] == pytest.approx(0.5, rel=1e-3)


def test_pearson_by_hand() -> None:
    assert pearson(range(10), range(10)) == pytest.approx(1.0)
    assert pearson(range(10), [-3 * v for v in range(10)]) == pytest.approx(-1.0)
    assert pearson([0, 1] * 4, [0, 0, 1, 1] * 2) == pytest.approx(0.0)
    assert pearson(range(10), [2.0] * 10) == 0.0 and pearson([1, 2], [1, 2]) is None


def test_loudness_follows_the_truth_and_silence_is_kept() -> None:
    found, loud = [], []
    for i, decibels in enumerate(np.linspace(-40, -18, 10)):
        scene = bare_scene(sources=(struck("wood", level=10 ** (decibels / 20)),))
        sound = rendered(scene)
        found.append(levels(sound, RATE, truth_of(scene), sound))
        hum = sound + 0.02 * torch.sin(torch.arange(sound.shape[1]) * 0.05)
        loud.append(levels(hum, RATE, truth_of(scene), sound))
        (true, measured) = found[i].hits[0]
        assert measured == pytest.approx(true, abs=2.5)
    assert summary(found)["loudness_hits_r"] > 0.99 and summary(found)["silence"] == 1.0
    assert summary(loud)["silence"] == 0.0


def test_envelopes_of_flows() -> None:
    scenes = [make_scene(i, "eval", 6.0, family="scrape") for i in range(2)]
    own = [envelope_correlation(rendered(s), RATE, truth_of(s)) for s in scenes]
    other = envelope_correlation(rendered(scenes[1]), RATE, truth_of(scenes[0]))
    assert min(own) > 0.9 and other < 0.75
    assert envelope_correlation(rendered(scenes[0]), RATE, truth_of(make_scene(0, family="drum"))) is None


def test_half_of_a_curve() -> None:
    times = np.arange(0.25, 8, 0.1)
    assert half_time((times, np.where(times < 5, 1.0, 0.1))) == pytest.approx(5.0, abs=0.06)
    assert half_time((times, np.ones(len(times)))) is None


def test_the_fade_is_where_the_length_says() -> None:
    kinds = set()
    for seed in range(60):
        scene = make_scene(seed, "eval", 8.0, family="stillness")
        if scene.ambience is None or scene.ambience.kind in kinds:
            continue
        kinds.add(scene.ambience.kind)
        sound = rendered(scene)
        if scene.ambience.kind == "birds":  # they pause
            assert fade_in_place(sound, RATE, truth_of(scene)) is None
            continue
        assert fade_in_place(sound, RATE, truth_of(scene)), scene.ambience.kind
        # What a model makes that takes the clip for the first half of one twice as long.
        level = scene.ambience.level.values
        slower = Curve(np.interp(np.arange(len(level)) / 2, np.arange(len(level)), level))
        first_half = rendered(replace(scene, ambience=replace(scene.ambience, level=slower)))
        assert not fade_in_place(first_half, RATE, truth_of(scene))
        share = 7 / 8 if scene.fade.kind == "end" else 0.375
        assert true_half(truth_of(scene)) == pytest.approx(share * 8.0, abs=0.05)
    assert len(kinds) >= 4
