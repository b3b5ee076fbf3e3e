"""Flow matching on a tiny network: dropping as the recipe says, learned empties, overfitting, exact
resume."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from training_tiny import FLOW, TEXT_LEN, optimisation, run, scenes

from kling_foley_core.checkpoints import load_network
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.training.clips import Crop
from kling_foley_core.training.features import latent_statistics
from kling_foley_core.training.parts import generator
from kling_foley_core.training.parts.generator import (
    CASES,
    FILE,
    Dropping,
    GeneratorRecipe,
    GeneratorTrainer,
    Missing,
    draw_missing,
    features_of,
)
from kling_foley_core.training.worlds import WorldRecipe

CPU = torch.device("cpu")
WHOLE = Dropping(text=0.0, video=0.0, both=0.0, looks=0.0)


def trainer(
    dropping: Dropping = WHOLE, held_out: int = 2, listening: float = 0.0, net: MMDiT | None = None
) -> GeneratorTrainer:
    """`net`: one that has learned already."""
    recipe = GeneratorRecipe(
        ema_decay=0.9,
        held_out=held_out,
        naming=0.1,
        listening=listening,
        listening_pause=1,
        run=run(),
        worlds=WorldRecipe(4, 0, (), (4.0, 6.0), 16, 16),
        crops=(Crop(frames=40, batch=4, share=1.0),),
        dropping=dropping,
        optimisation=optimisation(),
    )
    torch.manual_seed(0)
    return GeneratorTrainer(recipe, scenes(), CPU, net or MMDiT(FLOW), begun=net is not None)


def test_modalities_are_dropped_as_often_as_the_recipe_says() -> None:
    text, visual, sync = draw_missing(
        Dropping(text=0.2, video=0.1, both=0.3, looks=0.15), 20000, torch.Generator().manual_seed(0)
    )
    shares = {
        (False, False, False): 0.25,
        (True, False, False): 0.2,
        (False, True, True): 0.1,
        (True, True, True): 0.3,
        (False, True, False): 0.15,
    }
    for (t, v, s), share in shares.items():
        found = ((text == t) & (visual == v) & (sync == s)).float().mean()
        assert found == pytest.approx(share, abs=0.015)


def test_the_learned_empties_take_the_missing_places_and_learn() -> None:
    t = trainer()
    net, batch = t.net, t.scenes.crops([(0, 0), (1, 0)], 40)
    torch.nn.init.normal_(net.empty_string_feat)
    torch.nn.init.normal_(net.empty_sync_feat)
    no_text, no_video = torch.tensor([True, False]), torch.tensor([False, True])
    features = features_of(net, batch, Missing(text=no_text, visual=no_text, sync=no_video))
    assert torch.equal(features.text[0], net.empty_string_feat) and torch.equal(
        features.text[1], batch.text[1]
    )
    assert torch.equal(features.sync[0], batch.sync[0])
    assert torch.equal(features.sync[1], net.empty_sync_feat.expand(batch.sync.shape[1], -1))
    assert torch.equal(features.visual[0], net.empty_clip_feat.expand(batch.visual.shape[1], -1))
    assert torch.equal(features.visual[1], batch.visual[1])
    features.text.sum().backward()
    assert torch.equal(net.empty_string_feat.grad, torch.ones(TEXT_LEN, FLOW.text_dim))


def test_emptied_features_are_what_a_missing_modality_gives() -> None:
    t = trainer()
    net, batch = t.net, t.scenes.crops([(0, 0)], 40)
    torch.nn.init.normal_(net.empty_clip_feat)
    yes = torch.tensor([True])
    marked = features_of(net, batch, Missing(yes, yes, yes))
    absent = replace(marked, text=None, visual=None, sync=None)
    for a, b in zip(net.condition(marked, 70), net.condition(absent, 70), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_latents_are_normalised_by_statistics_in_the_file(tmp_path) -> None:
    t = trainer()
    mean, std = latent_statistics(t.scenes.entries)
    whole = [t.scenes.crops([(i, 0)], frames) for i, frames in enumerate((100, 150, 100, 150))]
    x1 = torch.cat([t._data(batch, torch.Generator().manual_seed(i))[0] for i, batch in enumerate(whole)])
    assert x1.mean(0).abs().max() < 0.05 and (x1.std(0) - 1).abs().max() < 0.05
    t.export(tmp_path)
    loaded = load_network(tmp_path / FILE, "mmdit")
    assert loaded.config == FLOW
    assert torch.equal(loaded.latent_mean.flatten(), mean) and torch.equal(loaded.latent_std.flatten(), std)


def test_latents_stay_normalised_as_given_weights_have_them() -> None:
    """They have learned with these numbers; the new scenes' are others."""
    net = MMDiT(FLOW)
    net.latent_std.fill_(3.0)
    assert bool((trainer(net=net).net.latent_std == 3.0).all())
    assert not bool((trainer().net.latent_std == 3.0).any())


def test_the_first_scenes_are_held_out() -> None:
    t = trainer(held_out=2)
    assert (t.held_out, t.among) == ([[0, 1]], [[2, 3]])


def test_a_tiny_batch_is_learned() -> None:
    t = trainer()
    first = [float(t.step(i)["loss"]) for i in range(4)]
    for i in range(4, 150):
        last = float(t.step(i)["loss"])
    assert sum(first) / 4 > 1.7 and last < 0.6 * first[0]


def test_names_are_learned_as_far_as_the_recipe_says() -> None:
    for weight, moves in ((0.0, False), (0.1, True)):
        t = trainer()
        t.recipe = replace(t.recipe, naming=weight)
        t.step(0)
        assert bool(t.namer.out.weight.any()) == moves


def test_listening_begins_with_the_listener_and_is_as_loud_as_the_recipe_says(monkeypatch) -> None:
    """Two steps in which the network rests, at the learning rate with which it begins; then it is judged."""
    monkeypatch.setattr(generator, "FIRST", 2)
    silent, quiet, loud = (trainer(listening=weight) for weight in (0.0, 1e-9, 10.0))
    begun = copy.deepcopy(quiet.net.state_dict())
    for step in range(2):
        assert set(quiet.step(step)) == {"heard"} and set(loud.step(step)) == {"heard"}
    assert all(torch.equal(t, begun[name]) for name, t in quiet.net.state_dict().items())
    assert quiet.lr(0) == quiet.lr(2) == silent.lr(0) and quiet.lr(3) == silent.lr(1)
    assert set(quiet.step(2)) == {"loss", "naming", "norm", "heard", "judged"}
    assert set(silent.step(2)) == {"loss", "naming", "norm"}
    assert quiet.optimiser.adamw.param_groups[0]["lr"] == quiet.lr(2) < quiet.lr(3)
    loud.step(2)
    moved = [
        float((t.net.final_layer.conv.weight.detach() - begun["final_layer.conv.weight"]).abs().sum())
        for t in (quiet, loud)
    ]
    assert moved[0] > 0 and moved[1] > 0
    assert not torch.equal(quiet.net.final_layer.conv.weight, loud.net.final_layer.conv.weight)


def test_listening_pauses_as_the_recipe_says(monkeypatch) -> None:
    monkeypatch.setattr(generator, "FIRST", 0)
    t = trainer(listening=0.1)
    t.recipe = replace(t.recipe, listening_pause=3)
    assert ["judged" in t.step(step) for step in range(5)] == [True, False, False, True, False]
    with pytest.raises(InputError, match="listening_pause = 0"):
        replace(t.recipe, listening_pause=0)


def test_the_listener_is_the_recipes_and_learns_after_its_judgement_has_been_felt(monkeypatch) -> None:
    """Its first weights hang on the recipe's seed alone; the gradient goes through it as it judged."""
    monkeypatch.setattr(generator, "FIRST", 0)
    t = trainer(listening=0.1)
    torch.manual_seed(1)
    other = GeneratorTrainer(t.recipe, t.scenes, CPU, MMDiT(FLOW))
    mine, others = (u.listening.listener.state_dict() for u in (t, other))
    assert all(torch.equal(weight, others[name]) for name, weight in mine.items())
    order = []
    monkeypatch.setattr(t.optimiser, "step", lambda loss, step: order.append("felt") or loss.detach())
    monkeypatch.setattr(t.listening, "learn", lambda *given: order.append("learned") or torch.zeros(()))
    t.step(0)
    assert order == ["felt", "learned"]


def test_validation_leaves_the_network_as_it_was() -> None:
    t = trainer()
    t.step(0)
    before = {name: p.clone() for name, p in t.net.state_dict().items()}
    figures = t.validate(1)
    assert set(figures) == set(CASES)
    assert all(torch.equal(p, before[name]) for name, p in t.net.state_dict().items())


@pytest.mark.parametrize("listening", [0.0, 0.1])
def test_a_resumed_run_is_the_uninterrupted_one(listening, monkeypatch) -> None:
    monkeypatch.setattr(generator, "FIRST", 1)
    dropping = Dropping(0.2, 0.2, 0.1, 0.1)
    whole, half, resumed = (trainer(dropping, listening=listening) for _ in range(3))
    figures = [whole.step(i) for i in range(4)]
    for i in range(2):
        half.step(i)
    resumed.load_state_dict(copy.deepcopy(half.state_dict()))
    assert [resumed.step(i) for i in (2, 3)] == figures[2:]
    assert all(torch.equal(whole.ema.average[n], t) for n, t in resumed.ema.average.items())
