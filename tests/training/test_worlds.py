"""Rendered worlds come back as they were made, go on after an interruption, and say when they are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_tiny import WORLDS

from kling_foley_core.codec import LogMel
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.errors import InputError
from kling_foley_core.foley_world import render_sound, truth_of
from kling_foley_core.training import worlds as module
from kling_foley_core.training.worlds import (
    LEFT,
    MONO,
    RIGHT,
    SEEN_LEFT,
    SEEN_RIGHT,
    Worlds,
    render_clip,
    render_worlds,
    scene_of,
)


@pytest.fixture
def small_shards(monkeypatch) -> None:
    monkeypatch.setattr(module, "SHARD", 2)


def test_the_cache_is_the_rendering(tmp_path, small_shards) -> None:
    worlds = Worlds(render_worlds(WORLDS, MEL_44K, tmp_path), WORLDS.scenes)
    assert len(worlds) == 3 and len(list(worlds.folder.glob("*.safetensors"))) == 2
    for i in range(3):
        direct, stored = render_clip(scene_of(WORLDS, i), WORLDS, MEL_44K), worlds.clip(i)
        assert (stored.caption, stored.seconds) == (direct.caption, direct.seconds)
        for name in ("sync", "visual", "mels"):
            assert torch.equal(getattr(stored, name), getattr(direct, name))
        assert torch.equal(worlds.part(i, "sync", 5, 9), direct.sync[5:9])
        assert torch.equal(worlds.part(i, "mels", 5, 9), direct.mels[..., 5:9])
    assert stored.sync.shape == (round(stored.seconds * 25), 3, 16, 16)


def test_what_is_seen_is_heard_without_room_and_ambience() -> None:
    recipe = replace(WORLDS, seconds=(3.0,))
    scenes = (scene_of(recipe, i) for i in range(40))
    scene = next(s for s in scenes if s.ambience is not None and s.sources and s.room != "dry")
    mels = render_clip(scene, recipe, MEL_44K).mels.float()
    for rows, dry in (([LEFT, RIGHT], False), ([SEEN_LEFT, SEEN_RIGHT], True)):
        heard = LogMel(MEL_44K)(torch.from_numpy(render_sound(scene, 44100, dry=dry)))
        assert torch.allclose(mels[rows], heard, atol=0.01)
    assert mels[MONO].mean() > mels[[SEEN_LEFT, SEEN_RIGHT]].mean() + 0.5


def test_every_second_scene_is_of_the_families_there_are_to_be_more_of() -> None:
    recipe = replace(WORLDS, more=("bell", "collide"))
    plain, more = ([scene_of(r, i) for i in range(12)] for r in (WORLDS, recipe))
    assert [s.family for s in more[1::2]] == ["bell", "collide"] * 3
    assert [truth_of(s) for s in more[::2]] == [truth_of(s) for s in plain[::2]]
    assert len({s.family for s in plain[1::2]}) > 2
    with pytest.raises(InputError, match='family is "trumpet"'):
        scene_of(replace(WORLDS, more=("trumpet",)), 1)


def test_an_interrupted_rendering_goes_on(tmp_path, small_shards) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_worlds(WORLDS, MEL_44K, tmp_path, stop)
    (first,) = (tmp_path / "worlds").glob("*/*.safetensors")
    before = first.stat().st_mtime_ns
    render_worlds(WORLDS, MEL_44K, tmp_path)
    assert first.stat().st_mtime_ns == before
    folder = render_worlds(replace(WORLDS, scenes=4), MEL_44K, tmp_path)
    assert folder == first.parent and len(Worlds(folder, 4)) == 4 and len(Worlds(folder, 3)) == 3


def test_missing_worlds_are_named(tmp_path) -> None:
    with pytest.raises(InputError, match="000000-000002.safetensors is missing"):
        Worlds(tmp_path, 2)


def test_training_scenes_are_never_evaluation_scenes() -> None:
    train, held = (scene_of(WORLDS, 1, split) for split in ("train", "eval"))
    assert train.split == "train" and train.caption != held.caption
