"""Places of known sounds, lags of known paths, and both on the world's own sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from foley_scenes import bare_scene, struck

from kling_foley_core.evaluation.measures.onset_spectrum import audible, onset_power
from kling_foley_core.evaluation.measures.pan import lag, pan_position, pans, summary
from kling_foley_core.foley_world import make_scene, render_sound, truth_of
from kling_foley_core.foley_world.panning import pan_gains

RATE = 44100


@pytest.mark.parametrize("x", [-0.9, -0.4, 0.0, 0.3, 0.95])
def test_panned_noise_is_heard_where_it_is(x: float) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE)
    left, right = (float(np.mean(np.square(noise * g))) for g in pan_gains(np.array(x)))
    assert pan_position(left, right) == pytest.approx(x, abs=1e-6)


def test_silence_is_in_the_middle() -> None:
    assert pan_position(0.0, 0.0) == 0.0


def test_a_hit_is_heard_over_noise_from_the_other_side() -> None:
    rng = torch.Generator().manual_seed(0)
    sound = torch.zeros(2, RATE)
    sound[0] = 0.02 * torch.randn(RATE, generator=rng)
    sound[1, RATE // 2 : RATE // 2 + 4410] = 0.2 * torch.randn(4410, generator=rng)
    left, right = onset_power(sound, RATE, 0.5).tolist()
    assert pan_position(left, right) > 0.9
    assert onset_power(sound, RATE, 0.2).sum() < 0.05 * (left + right)
    assert onset_power(sound, RATE, 0.99).tolist() == [0.0, 0.0]


def test_hits_of_the_world_are_heard_where_they_are_seen() -> None:
    for x in (-0.8, 0.5):
        scene = bare_scene(sources=(struck("metal", x=x),))
        sound = torch.from_numpy(render_sound(scene))
        found = pans(sound, RATE, truth_of(scene), sound)
        assert len(found.hits) == 1
        assert found.hits[0] == pytest.approx((x, x), abs=0.03)


@pytest.mark.parametrize("frames", [-20, 0, 7, 33])
def test_lag_of_a_delayed_path(frames: int) -> None:
    times = np.arange(600) / 100
    x = np.sin(2.1 * times) * np.cos(0.7 * times)
    assert lag(x, np.roll(x, frames), np.ones(600, dtype=bool)) == pytest.approx(frames / 100)


def test_a_path_that_follows_nothing_has_no_lag() -> None:
    rng = np.random.default_rng(3)
    assert lag(np.sin(np.arange(600) / 30), rng.standard_normal(600), np.ones(600, dtype=bool)) is None


def test_moving_sources_and_swapped_sides() -> None:
    scenes = [replace(make_scene(i, "eval", 6.0, family="roll"), ambience=None, room="dry") for i in range(4)]
    sounds = [torch.from_numpy(render_sound(scene)) for scene in scenes]
    true = summary([pans(w, RATE, truth_of(s), w) for w, s in zip(sounds, scenes, strict=True)])
    swapped = summary([pans(w.flip(0), RATE, truth_of(s), w) for w, s in zip(sounds, scenes, strict=True)])
    assert true["pan_flows_r"] > 0.95 and true["pan_sign"] > 0.95 and true["pan_lag_ms"] <= 60
    assert swapped["pan_flows_r"] < -0.95 and swapped["pan_sign"] < 0.05


def test_covered_hits_are_left_out() -> None:
    soft, loud = struck("metal", level=0.0004), struck("metal", level=0.1, time=0.4, x=0.7)
    scene = bare_scene(sources=(soft, loud))
    heard = audible(torch.from_numpy(render_sound(scene)), RATE, truth_of(scene))
    assert [e.time for e in heard] == [0.4]
    alone = bare_scene(sources=(soft,))
    assert len(audible(torch.from_numpy(render_sound(alone)), RATE, truth_of(alone))) == 1
