"""Foley World's scenes as samples: as they are rendered, the same as of their films, held out by number."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from kling_foley_core.data.extraction import raw_format_of
from kling_foley_core.data.extraction.stages import Stages
from kling_foley_core.data.manifest import read_manifest
from kling_foley_core.data.world import FREQUENT, LENGTHS, WorldPlan, WorldSource, labels_of
from kling_foley_core.data.world_films import MANIFEST, write_films
from kling_foley_core.errors import InputError
from kling_foley_core.foley_world import render_frames, render_sound, truth_of, write_clip
from kling_foley_core.media import probe
from kling_foley_core.media.reader import read_views

PLAN = WorldPlan(clips=4, seed=2, held_out=2, seconds=LENGTHS, families=())
SHORT = replace(PLAN, clips=2, held_out=1, seconds=(2.0,), families=("bounce", "xylophone"))
FORM = raw_format_of(None)
RAW = ("sound", "seen", "visual_frames", "sync_frames")


def test_a_sample_is_what_the_scene_renders() -> None:
    source = WorldSource(SHORT, FORM)
    scene, made = SHORT.scene(1), source.sample(1, RAW, Stages())
    assert scene.family == "xylophone" and made.caption == scene.caption
    sound = render_sound(scene, 44100)
    assert np.abs(made.arrays["sound"] / 32767 - sound).max() < 1e-4
    assert np.abs(made.arrays["seen"] / 32767 - render_sound(scene, 44100, dry=True)).max() < 1e-4
    np.testing.assert_array_equal(made.arrays["sync_frames"], render_frames(scene, (64, 64), 25).numpy())
    assert made.arrays["visual_frames"].shape == (16, 3, 64, 64)
    assert made.labels == labels_of(truth_of(scene)) and made.facts["class"] == "world"
    assert (made.seconds, made.seconds_start, made.seconds_total) == (2.0, 0.0, 2.0)
    assert set(source.sample(0, ("sound",), Stages()).arrays) == {"sound"}


def test_a_film_shows_the_encoders_what_the_sample_holds(tmp_path) -> None:
    """Same instants, same picture: a frame too early or too late would differ."""
    scene = SHORT.scene(0)
    film = write_clip(scene, tmp_path, (64, 64), lossless=True)
    read = read_views(film, {"sync": FORM.sync, "visual": FORM.visual})
    made = WorldSource(SHORT, FORM).sample(0, RAW, Stages()).arrays
    moved = np.abs(np.diff(made["sync_frames"].astype(int), axis=0)).mean()
    assert np.abs(read["sync"].numpy().astype(int) - made["sync_frames"]).mean() < 1 < moved
    step = slice(0, 16, 8)  # every second's first frame is a film's own frame at both rates
    assert np.abs(read["visual"].numpy()[step].astype(int) - made["visual_frames"][step]).mean() < 1


def test_the_first_scenes_are_held_out_and_a_longer_plan_has_the_same() -> None:
    longer = replace(PLAN, clips=400)
    assert [longer.split(i) for i in range(3)] == ["held_out", "held_out", "train"]
    scenes = [longer.scene(i) for i in range(40)]
    assert [s.seed for s in scenes[:2]] == [2_000_000, 2_000_001]
    assert {s.seconds for s in scenes} == set(LENGTHS) and {s.split for s in scenes} == {"train"}
    assert [s.family for s in scenes[1:9:2]] == list(FREQUENT)
    assert len({s.family for s in scenes[::2]}) > 5
    assert [PLAN.scene(i).caption for i in range(4)] == [s.caption for s in scenes[:4]]


def test_films_come_with_a_manifest_that_says_the_same(tmp_path) -> None:
    seen = []
    films = write_films(SHORT, tmp_path, lambda *step: seen.append(step))
    assert seen == [("world", 0, 2), ("world", 1, 2), ("world", 2, 2)]
    info = probe(films[0])
    assert info.has_audio and info.codec == "h264"
    clips = read_manifest(tmp_path / MANIFEST, {}).clips
    assert [c.video for c in clips] == films and [c.split for c in clips] == ["held_out", "train"]
    for index, clip in enumerate(clips):
        made = WorldSource(SHORT, FORM).sample(index, (), Stages())
        assert clip.caption == made.caption and clip.kind == "world"
        assert tuple((x.name, x.start, x.end) for x in clip.labels) == made.labels
    assert json.loads((tmp_path / MANIFEST).read_text().splitlines()[0])["video"] == films[0].name


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"clips": 0}, "--clips 0"),
        ({"held_out": 5}, "--held-out 5"),
        ({"seconds": (2.01,)}, "whole frames"),
        ({"families": ("trumpet",)}, "--families trumpet: the world has"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_plan_that_cant_be_is_refused(changes, why) -> None:
    with pytest.raises(InputError, match=why):
        replace(PLAN, **changes)
