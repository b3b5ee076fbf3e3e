"""A LoRA is trained on shards like the generator itself: the base stays, the file holds the averages, a
resumed run is the uninterrupted one."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from training_shards import TINY, make_shards, setting
from training_tiny import FLOW

from kling_foley_core.checkpoints import load_network, save_own
from kling_foley_core.errors import InputError
from kling_foley_core.lora import merge_lora, read_lora
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.training.parts.generator_validation import CASES
from kling_foley_core.training.parts.lora import FILE, LoRATrainer, build
from kling_foley_core.training.recipe import recipe_source

CHANGES = ["run.precision=fp32", "crops.seconds=1.6", "crops.batch=4", "optimisation.lr=1e-2", "lora.rank=4"]


@pytest.fixture
def base(tmp_path) -> Path:
    """A flow network's file, its output not zero as that of an untrained one."""
    torch.manual_seed(0)
    net = MMDiT(FLOW)
    net.latent_std.fill_(0.7)
    save_own(tmp_path / "base.safetensors", net.state_dict(), "mmdit", FLOW)
    return tmp_path / "base.safetensors"


@pytest.fixture
def trainer(tmp_path, base):
    folder = make_shards(tmp_path / "shards", train=4)

    def make(*changes: str) -> LoRATrainer:
        place = setting(tmp_path, data=(folder,), start={"mmdit": base})
        return build(recipe_source(None, "lora", [*CHANGES, *changes]), place)[0]

    return make


def test_the_additions_learn_and_the_base_stays(trainer, base) -> None:
    t = trainer()
    losses = [float(t.step(i)["loss"]) for i in range(120)]
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
    state, before = t.net.state_dict(), load_network(base, "mmdit", dtype=torch.float32).state_dict()
    for name, tensor in before.items():
        layer, _, end = name.rpartition(".")
        held = state.get(name, state.get(f"{layer}.base_layer.{end}"))
        assert torch.equal(held, tensor), name
    assert torch.equal(t.net.latent_std, torch.full_like(t.net.latent_std, 0.7))


def test_the_file_has_the_averages_and_says_whose_it_is(trainer, base, tmp_path) -> None:
    t = trainer()
    for i in range(6):
        t.step(i)
    t.export(tmp_path)
    lora = read_lora(tmp_path / FILE)
    assert lora.base == "kling_foley_32x1+1"
    pair = next(iter(lora.pairs.values()))
    assert any(torch.equal(pair.down, average) for average in t.ema.average.values())
    merged = load_network(base, "mmdit", dtype=torch.float32)
    merge_lora(merged, lora, 1.0)
    piece = t._pieces(0)[0]
    zero = piece.draws.missing(t.recipe.dropping)
    with t.ema.swapped(t.averaged), torch.no_grad():
        expected = t.flow_loss(t.net, piece, zero, torch.full((4,), 0.5))
    with torch.no_grad():
        assert torch.allclose(t.flow_loss(merged, piece, zero, torch.full((4,), 0.5)), expected, rtol=1e-4)


def test_validation_leaves_the_additions_as_they_were(trainer) -> None:
    t = trainer()
    t.step(0)
    before = [p.clone() for p in t.averaged]
    figures = t.validate(1)
    assert set(figures) == set(CASES) and t.validate(1) == figures
    assert all(torch.equal(p, b) for p, b in zip(t.averaged, before, strict=True))


def test_a_resumed_run_is_the_uninterrupted_one_and_its_state_is_small(trainer) -> None:
    whole, half, resumed = (trainer() for _ in range(3))
    figures = [whole.step(i) for i in range(4)]
    for i in range(2):
        half.step(i)
    state = copy.deepcopy(half.state_dict())
    assert state.keys() == {"additions", "ema", "optimiser"}
    resumed.load_state_dict(state)
    assert [resumed.step(i) for i in (2, 3)] == figures[2:]
    assert all(torch.equal(whole.ema.average[n], t) for n, t in resumed.ema.average.items())


@pytest.mark.parametrize("way", ["run.accumulate=2", "run.activation_checkpointing=true"])
def test_what_saves_memory_changes_nothing(trainer, way) -> None:
    plain, saving = trainer(), trainer(way)
    for i in range(3):
        assert float(plain.step(i)["loss"]) == pytest.approx(float(saving.step(i)["loss"]), rel=1e-4)


def test_without_a_base_it_is_told_at_once(tmp_path) -> None:
    with pytest.raises(InputError, match="give the flow network that the LoRA is for with --model"):
        build(recipe_source(None, "lora"), setting(tmp_path, preset=TINY))
