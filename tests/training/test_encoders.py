"""The encoders' training: it learns, it resumes exactly, its files are the encoders."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from training_tiny import optimisation, run

from kling_foley_core.checkpoints import load_network
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.errors import InputError
from kling_foley_core.training.parts.contrastive_batches import (
    MeaningLesson,
    SyncLesson,
    draw_meanings,
    draw_moments,
)
from kling_foley_core.training.parts.contrastive_tasks import MeaningNet, vocabulary
from kling_foley_core.training.parts.encoders import EncodersRecipe, EncodersTrainer
from kling_foley_core.training.worlds import WorldRecipe, Worlds, render_worlds

CPU = torch.device("cpu")
RECIPE = EncodersRecipe(
    held_out=2,
    lessons=("sync", "meaning"),
    listeners_first=0,
    run=run(),
    worlds=WorldRecipe(scenes=6, seed=3, more=(), seconds=(2.0,), sync_size=64, visual_size=64),
    sync=SyncLesson(frames=16, width=16, dim=8, guessing=40.0, optimisation=optimisation(1e-3)),
    meaning=MeaningLesson(
        batch=3, pause=2, seconds=1.5, every=4, width=16, dim=8, optimisation=optimisation(1e-3)
    ),
)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Worlds:
    return Worlds(render_worlds(RECIPE.worlds, MEL_44K, tmp_path_factory.mktemp("cache")), 6)


def trainer(worlds: Worlds) -> EncodersTrainer:
    return EncodersTrainer(RECIPE, worlds, CPU)


def test_the_first_scenes_are_for_validation_only(worlds, monkeypatch) -> None:
    seen = []
    part = Worlds.part
    monkeypatch.setattr(Worlds, "part", lambda self, i, *a, **k: seen.append(i) or part(self, i, *a, **k))
    t = trainer(worlds)
    t.validate(0)
    assert set(seen) == {0, 1}
    seen.clear()
    for step in range(4):
        t.step(step)
    assert set(seen) == {2, 3, 4, 5}


def test_it_learns_and_its_files_are_the_encoders(worlds, tmp_path) -> None:
    t = trainer(worlds)
    moments = draw_moments(worlds, range(2, 6), RECIPE.sync, torch.Generator().manual_seed(0))
    meanings = draw_meanings(worlds, range(2, 6), RECIPE.meaning, torch.Generator().manual_seed(0))

    def losses() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            seen, taught = t.sync(moments, CPU), t.meaning(meanings, CPU)
            return {**t.sync.losses(*seen, moments), **t.meaning.losses(taught, meanings)}

    before = losses()
    figures = [t.step(i) for i in range(24)]
    after = losses()
    assert all(
        after[name] < before[name] for name in ("in time", "loudness", "text and sound", "words of picture")
    )
    assert "text and sound" in figures[0] and "text and sound" not in figures[1]  # every second step
    assert {"moments found", "loudness explained", "sound of text"} <= set(t.validate(24))
    t.export(tmp_path)
    for name, kind in (("sync", "synchformer"), ("visual", "clip_visual"), ("text", "t5")):
        loaded = load_network(tmp_path / f"{name}.safetensors", kind)
        trained = getattr(t.sync if name == "sync" else t.meaning, name)
        assert loaded.config == trained.config
        assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), trained.parameters(), strict=True))


def test_a_resumed_run_is_the_uninterrupted_one(worlds) -> None:
    whole, half, resumed = (trainer(worlds) for _ in range(3))
    losses = [float(whole.step(i)["in time"]) for i in range(4)]
    for i in range(2):
        half.step(i)
    resumed.load_state_dict(copy.deepcopy(half.state_dict()))
    assert [float(resumed.step(i)["in time"]) for i in (2, 3)] == losses[2:]


def test_listeners_learn_alone_first(worlds) -> None:
    t = EncodersTrainer(replace(RECIPE, listeners_first=2), worlds, CPU)
    before = copy.deepcopy(t.state_dict())

    def changed() -> set[str]:
        now = t.state_dict()
        return {
            name.split(".")[0]
            for net in ("sync", "meaning")
            for name, value in now[net].items()
            if not torch.equal(value, before[net][name])
        }

    for step in range(2):
        t.step(step)
    assert {"listener", "to_space", "from_text"} <= changed()
    assert not {"sync", "visual", "text"} & changed()
    for step in range(2, 4):
        t.step(step)
    assert {"sync", "visual", "text"} <= changed()


@pytest.mark.parametrize(("lesson", "files"), [("sync", ["sync"]), ("meaning", ["text", "visual"])])
def test_one_lesson_alone(worlds, tmp_path, lesson, files) -> None:
    t = EncodersTrainer(replace(RECIPE, lessons=(lesson,)), worlds, CPU)
    before = copy.deepcopy(t.state_dict())
    figures = t.step(0)
    assert ("in time" in figures, "text and sound" in figures) == (lesson == "sync", lesson == "meaning")
    assert ("moments found" in t.validate(0)) == (lesson == "sync")
    after = t.state_dict()
    still = "meaning" if lesson == "sync" else "sync"
    assert all(torch.equal(after[still][name], value) for name, value in before[still].items())
    t.export(tmp_path)
    assert sorted(p.stem for p in tmp_path.iterdir()) == files
    with pytest.raises(InputError, match="lessons = ..looks..: name one of sync, meaning"):
        replace(RECIPE, lessons=("looks",))


def test_validation_runs_in_bf16(worlds) -> None:
    """It once failed: scenes are drawn in the number types that they have, only networks compute in it."""
    t = EncodersTrainer(replace(RECIPE, run=replace(RECIPE.run, precision="bf16")), worlds, CPU)
    exact = EncodersTrainer(RECIPE, worlds, CPU).validate(0)
    found = t.validate(0)
    assert set(found) == set(exact)
    explained = "loudness explained"  # the others are shares of a few clips
    assert float(found[explained]) == pytest.approx(float(exact[explained]), abs=0.02)


def test_captions_are_read_as_the_encoder_reads_them(worlds) -> None:
    """Places that are padding in every caption are left out while training, which changes nothing."""
    net = trainer(worlds).meaning
    with torch.no_grad():
        short, whole = (f(["rain", "a bell rings"]) for f in (lambda x: net.read(x, CPU), net.text.encode))
    torch.testing.assert_close(short, whole[:, : short.shape[1]], atol=1e-5, rtol=1e-5)
    assert short.shape[1] == 13 and whole[:, 13:].eq(0).all()


def test_the_words_of_a_caption_are_marked() -> None:
    net = MeaningNet(RECIPE.meaning, vocabulary(["A bell rings.", "Wooden balls, and a bell"]))
    assert list(net.words) == ["a", "and", "balls", "bell", "rings", "wooden"]
    said = net.said(["a BELL and a whistle", ""])
    assert said.tolist() == [[1, 1, 0, 1, 0, 0], [0] * 6]


def test_pictures_are_told_what_is_seen_and_captions_all_that_sounds(worlds) -> None:
    draw = torch.Generator().manual_seed(0)
    batch = draw_meanings(worlds, range(6), RECIPE.meaning, draw)
    assert batch.mel.mean() > batch.seen.mean() + 0.1
    net = MeaningNet(RECIPE.meaning, vocabulary(worlds.captions))
    with torch.no_grad():
        _, _, sound, seen, _ = net(batch, CPU)
        assert torch.allclose(sound, net.listener(batch.mel.float()))
        assert torch.allclose(seen, net.listener(batch.seen.float()))
