"""The encoders' training: it learns, it resumes exactly, its files are the encoders."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from film_shards import SEMANTIC, SYNC, film_sample, film_shards, without
from sound_shards import write
from training_tiny import run

from kling_foley_core.checkpoints import load_network
from kling_foley_core.data.shards import Shards
from kling_foley_core.errors import InputError
from kling_foley_core.presets import SMALL
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.parts.contrastive_networks import SemanticNet, vocabulary
from kling_foley_core.training.parts.encoders import EncodersRecipe, EncodersTrainer

CPU = torch.device("cpu")
RECIPE = EncodersRecipe(
    tasks=("sync", "semantic"), audio_encoders_first=0, run=run(), sync=SYNC, semantic=SEMANTIC
)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return film_shards(tmp_path_factory.mktemp("films"))


def trainer(films, recipe: EncodersRecipe = RECIPE) -> EncodersTrainer:
    train, held_out = (Shards(films, split) for split in ("train", "held_out"))
    return EncodersTrainer(recipe, SMALL, train, held_out, new_accelerator(cpu=True))


def test_it_learns_and_its_files_are_the_encoders(films, tmp_path) -> None:
    t = trainer(films)
    tasks = list(t.tasks.values())
    batches = [task.train.batch(range(4), 99, 0) for task in tasks]

    def losses() -> dict[str, float]:
        with torch.no_grad():
            found = [
                task.net.losses(task.net(batch, CPU), batch, t.accelerator)
                for task, batch in zip(tasks, batches, strict=True)
            ]
        return {name: float(loss) for part in found for name, loss in part.items()}

    before = losses()
    figures = [t.step(i) for i in range(20)]
    after = losses()
    learned = ("in time", "levels", "text and sound", "words of picture")
    assert all(after[name] < before[name] for name in learned), (before, after)
    assert "text and sound" in figures[0] and "text and sound" not in figures[1]  # every second step
    assert {"instants found", "levels explained", "sound of text"} <= set(t.validate(20))
    t.export(tmp_path)
    for name, (kind, network) in t.networks().items():
        loaded = load_network(tmp_path / f"{name}.safetensors", kind)
        assert loaded.config == network.config
        assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), network.parameters(), strict=True))


def test_a_resumed_run_is_the_uninterrupted_one(films) -> None:
    whole, half, resumed = (trainer(films) for _ in range(3))
    losses = [float(whole.step(i)["in time"]) for i in range(4)]
    for i in range(2):
        half.step(i)
    resumed.load_state_dict(copy.deepcopy(half.state_dict()))
    assert [float(resumed.step(i)["in time"]) for i in (2, 3)] == losses[2:]


def test_audio_encoders_learn_alone_first(films) -> None:
    t = trainer(films, replace(RECIPE, audio_encoders_first=2))
    before = copy.deepcopy(t.state_dict())

    def changed() -> set[str]:
        now = t.state_dict()
        return {
            name.split(".")[0]
            for task in now
            for name, value in now[task]["net"].items()
            if not torch.equal(value, before[task]["net"][name])
        }

    for step in range(2):
        t.step(step)
    assert {"audio_encoder", "to_space", "from_text"} <= changed()
    assert not {"sync", "visual", "text"} & changed()
    for step in range(2, 4):
        t.step(step)
    assert {"sync", "visual", "text"} <= changed()


@pytest.mark.parametrize(("task", "files"), [("sync", ["sync"]), ("semantic", ["text", "visual"])])
def test_one_task_alone(films, tmp_path, task, files) -> None:
    t = trainer(films, replace(RECIPE, tasks=(task,)))
    figures = t.step(0)
    assert ("in time" in figures, "text and sound" in figures) == (task == "sync", task == "semantic")
    assert ("instants found" in t.validate(0)) == (task == "sync")
    t.export(tmp_path)
    assert sorted(p.stem for p in tmp_path.iterdir()) == files
    with pytest.raises(InputError, match="tasks = ..looks..: name one of sync, semantic"):
        replace(RECIPE, tasks=("looks",))


def test_validation_runs_in_bf16(films) -> None:
    t = trainer(films, replace(RECIPE, run=run(precision="bf16")))
    exact, found = trainer(films).validate(0), t.validate(0)
    assert set(found) == set(exact)
    explained = "levels explained"  # the others are shares of a few clips
    assert float(found[explained]) == pytest.approx(float(exact[explained]), abs=0.02)


def test_captions_are_encoded_as_the_encoder_does(films) -> None:
    """Places that are padding in every caption are left out while training, which changes nothing."""
    net = trainer(films, replace(RECIPE, tasks=("semantic",))).tasks["semantic"].net
    with torch.no_grad():
        short, whole = (f(["rain", "a bell rings"]) for f in (lambda x: net.encode(x, CPU), net.text.encode))
    torch.testing.assert_close(short, whole[:, : short.shape[1]], atol=1e-5, rtol=1e-5)
    assert short.shape[1] == 13 and whole[:, 13:].eq(0).all()


def test_losses_of_captions_leave_out_films_without_one(tmp_path) -> None:
    captioned, bare = film_sample(0, "train"), without(film_sample(1, "train"), caption="")
    held_out = film_sample(2, "held_out")
    films = write(tmp_path, [captioned, bare, held_out])
    t = trainer(films, replace(RECIPE, tasks=("semantic",), semantic=replace(SEMANTIC, batch=2)))
    task = t.tasks["semantic"]
    batch = task.train.batch([0, 1], 0, 0)
    losses = task.net.losses(task.net(batch, CPU), batch, t.accelerator)
    assert float(losses["text and sound"].detach()) == 0, "one caption has no other to compare with"
    assert float(losses["picture and sound"].detach()) > 0 and float(losses["words of picture"].detach()) > 0
    assert t.step(0)["text and sound"] == 0


def test_words_are_counted_and_marked() -> None:
    words = vocabulary(["A bell rings.", "Wooden balls, and a bell"], most=3)
    assert words == ["a", "and", "bell"], "the most frequent, then by the alphabet"
    net = SemanticNet(SMALL, SEMANTIC, words)
    assert net.words_in(["a BELL and a whistle", ""]).tolist() == [[1, 1, 1], [0, 0, 0]]


def test_a_contrast_needs_its_whole_batch() -> None:
    with pytest.raises(InputError, match="accumulate = 2: a contrast needs its whole batch"):
        replace(RECIPE, run=run(accumulate=2))
