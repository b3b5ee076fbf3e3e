"""Flow matching on a tiny network: dropping as the recipe says, learned empties, overfitting, exact
resume."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from training_shards import TINY, make_shards, setting
from training_tiny import FLOW, TEXT_LEN, optimisation

from kling_foley_core.checkpoints import digest_of, load_network, save_own
from kling_foley_core.data.shards import Crop, Shards
from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import SMALL
from kling_foley_core.progress import silent
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.training.parts.generator import (
    FILE,
    GeneratorRecipe,
    GeneratorTrainer,
    Guidance,
    build,
)
from kling_foley_core.training.parts.generator_batches import Crops, Missing
from kling_foley_core.training.parts.generator_conditions import Draws, Dropping, draw_items, features_of
from kling_foley_core.training.parts.generator_survey import Survey, survey
from kling_foley_core.training.parts.generator_validation import CASES
from kling_foley_core.training.recipe import Run, recipe_source

WHOLE = Dropping(text=0.0, video=0.0, both=0.0, visual=0.0)
UNGUIDED = Guidance(weight=0.0, start=0, warm_up=0, every=1)
RUN = Run(
    steps=200,
    seed=1,
    precision="fp32",
    parallel="ddp",
    accumulate=1,
    activation_checkpointing=False,
    compile=False,
    log_steps=1,
    validate_steps=4,
    checkpoint_steps=4,
    checkpoint_minutes=9.0,
)
RECIPE = GeneratorRecipe(
    ema_decay=0.9,
    auxiliary_classification=0.1,
    run=RUN,
    guidance=UNGUIDED,
    dropping=WHOLE,
    optimisation=optimisation(),
    crops=(Crop(seconds=1.6, batch=4, share=1.0),),
)


@pytest.fixture
def trainer(tmp_path):
    """Makes trainers on the same shards; changes are the recipe's."""
    folder = make_shards(tmp_path / "shards", train=4)
    shards, held_out = (Shards(folder, split) for split in ("train", "held_out"))
    found = survey(shards, silent)

    def make(net: MMDiT | None = None, found: Survey = found, **changes) -> GeneratorTrainer:
        torch.manual_seed(0)
        crops = [Crops(s, TINY, found.names) for s in (shards, held_out)]
        recipe = replace(RECIPE, **changes)
        return GeneratorTrainer(recipe, net or MMDiT(FLOW), *crops, setting(tmp_path), names=found.names)

    return make


def draws(count: int) -> Draws:
    return draw_items([torch.Generator().manual_seed(i) for i in range(count)], (1, 1))


def test_modalities_are_dropped_as_often_as_the_recipe_says() -> None:
    text, visual, sync = draws(5000).missing(Dropping(text=0.2, video=0.1, both=0.3, visual=0.15))
    shares = {
        (False, False, False): 0.25,
        (True, False, False): 0.2,
        (False, True, True): 0.1,
        (True, True, True): 0.3,
        (False, True, False): 0.15,
    }
    for (t, v, s), share in shares.items():
        found = ((text == t) & (visual == v) & (sync == s)).float().mean()
        assert found == pytest.approx(share, abs=0.025)


def test_the_learned_empties_take_the_missing_places_and_learn(trainer) -> None:
    t = trainer()
    net, batch = t.net, t.crops.batch([0, 1], 1.6)
    torch.nn.init.normal_(net.empty_string_feat)
    torch.nn.init.normal_(net.empty_sync_feat)
    no_text, no_video = torch.tensor([True, False]), torch.tensor([False, True])
    features = features_of(net, batch, Missing(text=no_text, visual=no_text, sync=no_video))
    assert torch.equal(features.text[0], net.empty_string_feat)
    assert torch.equal(features.text[1], batch.text[1])
    assert torch.equal(features.sync[0], batch.sync[0])
    assert torch.equal(features.sync[1], net.empty_sync_feat.expand(batch.sync.shape[1], -1))
    assert torch.equal(features.visual[0], net.empty_clip_feat.expand(batch.visual.shape[1], -1))
    assert torch.equal(features.visual[1], batch.visual[1])
    features.text.sum().backward()
    assert torch.equal(net.empty_string_feat.grad, torch.ones(TEXT_LEN, FLOW.text_dim))


def test_emptied_features_are_what_a_missing_modality_gives(trainer) -> None:
    t = trainer()
    net, batch = t.net, t.crops.batch([0], 1.6)
    torch.nn.init.normal_(net.empty_clip_feat)
    yes = torch.tensor([True])
    marked = features_of(net, batch, Missing(yes, yes, yes))
    absent = replace(marked, text=None, visual=None, sync=None)
    for a, b in zip(net.condition(marked, 70), net.condition(absent, 70), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_the_survey_is_of_all_frames(tmp_path) -> None:
    shards = Shards(make_shards(tmp_path / "shards"), "train")
    found = survey(shards, silent)
    latents = [torch.from_numpy(shards.read(i).arrays["latent"]).float() for i in range(len(shards))]
    means, stds = (torch.cat([latent[i] for latent in latents]) for i in (0, 1))
    torch.testing.assert_close(found.mean, means.mean(0), atol=1e-4, rtol=1e-4)
    whole = (means.var(0, unbiased=False) + stds.square().mean(0)).sqrt()
    torch.testing.assert_close(found.std, whole, atol=1e-4, rtol=1e-4)
    assert found.names == ("first", "number 0", "number 1", "number 2", "number 3")


def test_latents_are_normalised_by_statistics_in_the_file(tmp_path) -> None:
    """As `build` makes it, from nothing; given weights keep theirs: they have learned with these numbers."""
    place = setting(tmp_path, data=(make_shards(tmp_path / "shards", seconds=(10.0,)),))
    t, _ = build(recipe_source(None, "generator"), place)
    found = survey(t.crops.shards, silent)
    (piece,) = t._pieces(0)
    x1 = t._data(piece).flatten(0, 1)
    assert x1.mean(0).abs().max() < 0.5 and (x1.std(0) - 1).abs().max() < 0.3
    t.export(tmp_path)
    loaded = load_network(tmp_path / FILE, "mmdit")
    assert loaded.config == FLOW
    assert torch.equal(loaded.latent_mean.flatten(), found.mean)
    assert torch.equal(loaded.latent_std.flatten(), found.std)
    again, _ = build(
        recipe_source(None, "generator"),
        replace(
            place,
            start={"mmdit": tmp_path / FILE},
            data=(make_shards(tmp_path / "others", train=1, seconds=(8.0,)),),
        ),
    )
    assert torch.equal(again.net.latent_mean.flatten(), found.mean)


def test_a_tiny_batch_is_learned(trainer) -> None:
    t = trainer()
    first = [float(t.step(i)["loss"]) for i in range(4)]
    for i in range(4, 150):
        last = float(t.step(i)["loss"])
    assert sum(first) / 4 > 1.5 and last < 0.6 * first[0]


def test_labels_are_learned_as_far_as_the_recipe_says(trainer) -> None:
    t = trainer()
    figures = t.step(0)
    assert set(figures) == {"loss", "auxiliary", "norm"} and t.networks["classifier"].out.weight.any()
    off = trainer(auxiliary_classification=0.0)
    assert set(off.step(0)) == {"loss", "norm"} and "classifier" not in off.networks


def test_without_labels_the_flow_alone_is_trained(tmp_path, caplog) -> None:
    place = setting(tmp_path, data=(make_shards(tmp_path / "shards", seconds=(8.0,), labels=()),))
    t, _ = build(recipe_source(None, "generator", ["guidance.start=0", "guidance.warm_up=0"]), place)
    assert set(t.step(0)) == {"loss", "norm"} and "no sample of --data has labels" in caplog.text


def test_guidance_begins_when_its_classifier_has_learned_and_pauses_as_the_recipe_says(trainer) -> None:
    t = trainer(guidance=Guidance(weight=0.1, start=3, warm_up=2, every=2))
    figures = [t.step(i) for i in range(7)]
    assert ["classifier" in f for f in figures] == [False, True, True, True, True, True, True]
    assert ["guidance" in f for f in figures] == [False, False, False, False, True, False, True]
    with pytest.raises(InputError, match="every must be 1 or more"):
        Guidance(weight=0.1, start=3, warm_up=2, every=0)
    with pytest.raises(InputError, match="at most start"):
        Guidance(weight=0.1, start=3, warm_up=4, every=1)


def test_guidance_has_the_recipes_weight_and_classifier(trainer) -> None:
    """Its first weights hang on the recipe's seed alone."""
    quiet, loud = (trainer(guidance=Guidance(w, 0, 0, 1)) for w in (1e-9, 10.0))
    torch.manual_seed(1)
    others = trainer(guidance=Guidance(0.1, 0, 0, 1)).guidance.classifier.state_dict()
    mine = quiet.guidance.classifier.state_dict()
    assert all(torch.equal(weight, others[name]) for name, weight in mine.items())
    for t in (quiet, loud):
        t.step(0)
    assert not torch.equal(quiet.net.final_layer.conv.weight, loud.net.final_layer.conv.weight)


@pytest.mark.parametrize("way", ["accumulate", "activation_checkpointing"])
def test_what_saves_memory_changes_nothing(trainer, way) -> None:
    """Guidance too, whose pieces have every second item."""
    guidance, dropping = Guidance(0.1, 0, 0, 1), Dropping(0.2, 0.2, 0.1, 0.1)
    run = replace(RUN, **{way: 2 if way == "accumulate" else True})
    plain, saving = (trainer(guidance=guidance, dropping=dropping, run=r) for r in (RUN, run))
    for i in range(3):
        for (name, a), b in zip(plain.step(i).items(), saving.step(i).values(), strict=True):
            assert float(a) == pytest.approx(float(b), rel=1e-4), name
    for name, weight in plain.ema.average.items():
        torch.testing.assert_close(weight, saving.ema.average[name], atol=1e-4, rtol=1e-3)


def test_a_batch_that_can_not_be_shared_evenly_is_refused(trainer) -> None:
    with pytest.raises(InputError, match="a batch of 4 can't be shared .*run.accumulate = 3: .* of 3"):
        trainer(run=replace(RUN, accumulate=3))


def test_validation_leaves_the_network_as_it_was(trainer) -> None:
    t = trainer()
    t.step(0)
    before = {name: p.clone() for name, p in t.net.state_dict().items()}
    average = {name: p.clone() for name, p in t.ema.average.items()}
    figures = t.validate(1)
    assert set(figures) == set(CASES) and t.validate(1) == figures
    assert all(torch.equal(p, before[name]) for name, p in t.net.state_dict().items())
    assert all(torch.equal(p, average[name]) for name, p in t.ema.average.items())
    assert len({figures[name] for name in ("all", "other text", "no text", "no video")}) == 4


@pytest.mark.parametrize("weight", [0.0, 0.1])
def test_a_resumed_run_is_the_uninterrupted_one(trainer, weight) -> None:
    changes = {"dropping": Dropping(0.2, 0.2, 0.1, 0.1), "guidance": Guidance(weight, 1, 1, 1)}
    whole, half, resumed = (trainer(**changes) for _ in range(3))
    figures = [whole.step(i) for i in range(4)]
    for i in range(2):
        half.step(i)
    resumed.load_state_dict(copy.deepcopy(half.state_dict()))
    assert [resumed.step(i) for i in (2, 3)] == figures[2:]
    assert all(torch.equal(whole.ema.average[n], t) for n, t in resumed.ema.average.items())


def test_shards_without_what_is_needed_are_refused_before_anything_is_built(tmp_path) -> None:
    recipe = recipe_source(None, "generator")
    with pytest.raises(InputError, match="^--data: this part learns from shards"):
        build(recipe, setting(tmp_path))
    folder = make_shards(tmp_path / "shards", held_out=0, seconds=(8.0,))
    with pytest.raises(InputError, match="has no samples of split held_out"):
        build(recipe, setting(tmp_path, data=(folder,)))


def test_the_recipe_that_comes_along_trains_the_preset(tmp_path) -> None:
    """On a few steps of tiny shards, every crop and loss of it."""
    changes = ["run.steps=6", "run.precision=fp32", "guidance.start=1", "guidance.warm_up=1", "crops.share=1"]
    source = recipe_source(None, "generator", [*changes, "crops.batch=2"])
    place = setting(tmp_path, data=(make_shards(tmp_path / "shards", train=12, seconds=(8.0,)),))
    t, run = build(source, place)
    figures = [t.step(i) for i in range(run.steps)]
    assert set(figures[-1]) == {"loss", "auxiliary", "guidance", "classifier", "norm"}
    assert set(t.validate(6)) == set(CASES)


def test_sounds_of_held_out_samples_are_written_at_a_validation(tmp_path) -> None:
    """By the average, and those of the samples' own latents once; another codec's shards are refused."""
    codec = replace(TINY, vae=replace(SMALL.vae, latent_dim=FLOW.latent_dim))
    given = {}
    for part in ("vae", "vocoder"):
        network, given[part] = untrained(codec, part), tmp_path / f"{part}.safetensors"
        save_own(given[part], network.state_dict(), part, network.config)
    mark = digest_of("vae", load_network(given["vae"], "vae", dtype=torch.float32))
    folder = make_shards(tmp_path / "shards", seconds=(2.0,), networks={"vae": mark})
    source = recipe_source(None, "generator", ["crops.seconds=1.6", "run.precision=fp32"])
    t, _ = build(source, setting(tmp_path, data=(folder,), given=given))
    t.validate(7)
    for name in ("00000007", "true"):
        made = sorted(p.name for p in (tmp_path / "out" / "samples" / name).iterdir())
        assert made == [f"{i}.{kind}" for i in range(3) for kind in ("flac", "jpg", "txt")]
    wave, rate = load_audio(tmp_path / "out" / "samples" / "true" / "0.flac")
    assert rate == 44100 and wave.shape[1] / rate == pytest.approx(1.6, abs=0.03)
    assert (tmp_path / "out" / "samples" / "true" / "1.txt").read_text() == "clip 9\n"
    other = make_shards(tmp_path / "others", seconds=(2.0,), networks={"vae": "other"})
    with pytest.raises(InputError, match="^--data .*: the shards were made by another codec"):
        build(source, setting(tmp_path, data=(other,), given=given))
