"""Scenes by number: the same number gives the same scene, splits share nothing, every family works."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from foley_scenes import decibels

from kling_foley_core.errors import InputError
from kling_foley_core.foley_world import (
    FAMILIES,
    HELD_OUT,
    make_scene,
    render_frames,
    render_sound,
    truth_dict,
    truth_of,
)
from kling_foley_core.foley_world.compose import SHORTEST
from kling_foley_core.foley_world.families.wind import flag
from kling_foley_core.foley_world.families.xylophone import REACH
from kling_foley_core.foley_world.part import Lane, Order
from kling_foley_core.foley_world.streams import stream

ALL = (*FAMILIES, *HELD_OUT)


def test_same_number_same_scene() -> None:
    one, other = make_scene(11, family="mixed", seconds=3.0), make_scene(11, family="mixed", seconds=3.0)
    assert truth_dict(one) == truth_dict(other)
    assert np.array_equal(render_sound(one), render_sound(other))
    assert np.array_equal(render_sound(one), render_sound(one))
    assert np.array_equal(render_frames(one, (48, 48)), render_frames(other, (48, 48)))


def test_numbers_and_splits_differ() -> None:
    draws = {
        (split, seed): int(stream(split, seed, "scene").integers(1 << 62))
        for split in ("train", "eval")
        for seed in range(300)
    }
    assert len(set(draws.values())) == len(draws)
    captions = [[make_scene(seed, split).caption for seed in range(20)] for split in ("train", "eval")]
    assert sum(a == b for a, b in zip(*captions, strict=True)) <= 2


@pytest.mark.parametrize("family", ALL)
def test_every_family(family: str) -> None:
    for seed in range(3):
        scene = make_scene(seed, "eval", seconds=4.0, family=family)
        sound, frames = render_sound(scene), render_frames(scene, (32, 32), fps=8)
        assert sound.shape == (2, 4 * 44100) and sound.dtype == np.float32
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0
        assert frames.shape == (32, 3, 32, 32)
        assert frames.float().std() > 5  # a picture, not one colour
        truth = truth_of(scene)
        times = [event.time for event in truth.events]
        assert times == sorted(times) and all(0 <= t < 4.0 for t in times)
        assert all(-1 <= event.x <= 1 and -60 < event.loudness_db < -10 for event in truth.events)
        json.dumps(truth_dict(scene), allow_nan=False)
        if truth.events or truth.ambience or any(flow.spans for flow in truth.flows):
            assert -62 < decibels(sound) < -10
        else:
            assert not sound.any()


def test_every_family_comes_up_and_sounds() -> None:
    scenes = [make_scene(seed) for seed in range(250)]
    assert {scene.family for scene in scenes} == set(FAMILIES)
    truths = [truth_of(s) for s in scenes if s.family != "stillness"]
    heard = [bool(t.events or any(f.spans for f in t.flows)) for t in truths]
    assert np.mean(heard) > 0.97


def test_a_held_out_family_is_made_only_when_asked_for() -> None:
    """Models that were trained on default scenes have not met it, whatever is added to the world later: the
    scenes of every number stay as they were."""
    scenes = [make_scene(seed) for seed in range(200)]
    assert not set(HELD_OUT) & {name for scene in scenes for name in scene.families}
    captions = "\n".join(scene.caption for scene in scenes)
    assert hashlib.sha256(captions.encode()).hexdigest().startswith("bfff21426ddf86b2")
    asked = make_scene(3, family="xylophone")
    assert asked.families == ("xylophone",) and "xylophone" in asked.sources[0].name
    assert {e.kind for e in truth_of(asked).events} == {"xylophone"}


def test_a_xylophones_mallets_are_over_the_bars_that_sound() -> None:
    for seed in range(20):
        scene = make_scene(seed, family="xylophone", seconds=6.0)
        mallets = [a for a in scene.actors if a.look.shape == "mallet"]
        for source in scene.sources:
            for hit in source.hits:
                heads = [float(m.x.at(hit.time)) - np.sign(m.width) * REACH for m in mallets]
                down = [abs(float(m.angle.at(hit.time))) < 0.02 for m in mallets]
                x = float(source.x.values[0])
                assert any(d and abs(h - x) < 0.02 for h, d in zip(heads, down, strict=True)), (seed, hit)


@pytest.mark.parametrize("family", ALL)
def test_the_shortest_scenes_can_be_made(family: str) -> None:
    for seed in range(100, 140):
        assert make_scene(seed, seconds=SHORTEST, family=family).seconds == SHORTEST


def test_a_flag_sounds_where_its_cloth_is() -> None:
    for seed in range(40):
        scene = make_scene(seed, family="flag")
        (source,) = (s for s in scene.sources if s.name == "flag")
        pole, *cloth = (a for a in scene.actors if a.look.shape == "box" and a.depth == source.depth)
        assert len(cloth) == 4
        assert np.allclose(np.mean([p.x.values for p in cloth], axis=0), source.x.values)


@pytest.mark.parametrize("lane", [Lane(-0.9, 0.9, 1.2), Lane(-0.95, -0.05, 1.2), Lane(0.05, 0.95, 1.6)])
def test_a_flag_stays_in_its_lane(lane: Lane) -> None:
    for seed in range(30):
        _, *cloth = flag(Order(rng=np.random.default_rng(seed), lane=lane, seconds=8.0, neutral=False)).actors
        assert max(float((p.x.values + p.width).max()) for p in cloth) <= lane.x(1) + 1e-6


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match='family is "cat"'):
        make_scene(0, family="cat")
    with pytest.raises(InputError, match="seed is -1"):
        make_scene(-1)
    with pytest.raises(InputError, match="seconds is 0.5"):
        make_scene(0, seconds=0.5)
    for unending in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="seconds is"):
            make_scene(0, seconds=unending)
    with pytest.raises(InputError, match="fps is 0.2"):
        render_frames(make_scene(0), (32, 32), 0.2, seconds=2.0)
    with pytest.raises(InputError, match='split is "test"'):
        make_scene(0, "test")
    with pytest.raises(InputError, match="size is 8x8"):
        render_frames(make_scene(0), (8, 8))
    with pytest.raises(InputError, match="sampling_rate is 4000"):
        render_sound(make_scene(0), 4000)
