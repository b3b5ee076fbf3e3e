"""The loop: log, checkpoints, and resume to the last bit."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from training_runs import OPTIMISATION, run, same

from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.ema import EMA
from kling_foley_core.training.loop.optimiser import Optimiser
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.room import state_bytes
from kling_foley_core.training.loop.seeds import generator_for
from kling_foley_core.training.loop.train import train as train_with

RECIPE = "steps = 6\n"
CPU = new_accelerator(cpu=True)


def train(part, trainer, run, folder, recipe, **options) -> None:
    train_with(part, trainer, run, folder, recipe, CPU, **options)


class Line:
    """Fits y = a x + b to noisy points, with dropout that draws from torch's global generator."""

    def __init__(self) -> None:
        self.net = torch.nn.Linear(1, 1)
        with torch.no_grad():
            self.net.weight.fill_(0.1), self.net.bias.fill_(0.0)
        self.ema = EMA(self.net, 0.9)
        self.optimiser = Optimiser(self.net, OPTIMISATION, CPU)
        self.exports = 0

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> dict:
        x = torch.randn(8, 1, generator=generator_for(0, step, "batch"))
        loss = (torch.nn.functional.dropout(self.net(x), 0.3) - 2 * x).square().mean()
        self.optimiser.step(loss, step)
        self.ema.update(self.net)
        return {"loss": loss, "step_seen": step}

    def validate(self, step: int) -> dict:
        return {"weight": self.net.weight.detach()[0, 0]}

    def state_dict(self) -> dict:
        return {n: getattr(self, n).state_dict() for n in ("net", "ema", "optimiser")}

    def load_state_dict(self, state: dict) -> None:
        for name, part in state.items():
            getattr(self, name).load_state_dict(part)

    def export(self, folder: Path) -> None:
        self.exports += 1
        torch.save(self.ema.average, folder / "line.pt")


class StopError(Exception):
    pass


def stop_at(step: int):
    def progress(stage: str, done: int, total: int) -> None:
        if done == step:
            raise StopError

    return progress


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("stop", [2, 3, 5])
def test_interrupted_and_resumed_is_uninterrupted(tmp_path, stop) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    torch.manual_seed(5)
    one = Line()
    train("line", one, run(), whole, RECIPE)
    torch.manual_seed(5)
    with pytest.raises(StopError):
        train("line", Line(), run(), pieces, RECIPE, progress=stop_at(stop))
    torch.manual_seed(99)  # a new process
    two = Line()
    train("line", two, run(), pieces, RECIPE, resume=True)
    assert same(one.state_dict(), two.state_dict())
    assert same(torch.load(whole / "line.pt"), torch.load(pieces / "line.pt"))


def test_the_log_has_means_and_validations(tmp_path) -> None:
    trainer = Line()
    train("line", trainer, run(), tmp_path, RECIPE)
    logged = lines(tmp_path)
    means = [x for x in logged if "loss" in x]
    assert [x["step"] for x in means if x["step"] % 2 == 0] == [2, 4, 6]
    assert means[0]["step_seen"] == 0.5 and means[0]["lr"] == trainer.lr(1)
    assert [x["step"] for x in logged if "validation" in x] == [3, 6]
    assert trainer.exports == 2
    assert (tmp_path / "recipe.toml").read_text() == RECIPE
    assert not list(tmp_path.glob(".*"))


def test_the_log_goes_on_after_the_saved_step(tmp_path) -> None:
    with pytest.raises(StopError):
        train("line", Line(), run(), tmp_path, RECIPE, progress=stop_at(3))
    kept = lines(tmp_path)
    kept[-1 if "seconds" in kept[-1] else -2]["seconds"] = 60.0  # it had taken a minute
    kept.append({"step": 4, "loss": 7.0})  # and was killed after step 4
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(x) + "\n" for x in kept))
    train("line", Line(), run(), tmp_path, RECIPE, resume=True)
    losses = [x for x in lines(tmp_path) if "loss" in x]
    assert [x["step"] for x in losses] == sorted({x["step"] for x in losses})
    assert 7.0 not in [x["loss"] for x in losses]
    assert losses[-1]["seconds"] >= 60.0, "seconds count on"


def test_a_killed_run_leaves_its_last_checkpoint(tmp_path, monkeypatch) -> None:
    """Power fails while the second checkpoint is being written: the first is still whole."""
    real, calls = torch.save, []

    def failing(state, path):
        calls.append(path)
        if len(calls) == 3:  # state, export, state
            Path(path).write_bytes(b"half")
            raise OSError("no power")
        real(state, path)

    monkeypatch.setattr(torch, "save", failing)
    with pytest.raises(InputError, match="no power"):
        train("line", Line(), run(), tmp_path, RECIPE)
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 3


@pytest.mark.parametrize(("value", "name"), [(float("nan"), "loss"), (torch.tensor(float("inf")), "norm")])
def test_what_is_no_number_ends_the_run_before_it_is_saved(tmp_path, value, name) -> None:
    class Broken(Line):
        def step(self, step: int) -> dict:
            return {**super().step(step), **({name: value} if step == 5 else {})}

    with pytest.raises(InputError, match=f"training line, step 6: {name} is (nan|inf)"):
        train("line", Broken(), run(), tmp_path, RECIPE)
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 3
    assert "NaN" not in (tmp_path / "log.jsonl").read_text()


def test_a_validation_that_is_no_number_ends_the_run(tmp_path) -> None:
    class Broken(Line):
        def validate(self, step: int) -> dict:
            return {"distance": float("nan")}

    with pytest.raises(InputError, match="step 3: distance is nan"):
        train("line", Broken(), run(), tmp_path, RECIPE)
    assert not (tmp_path / "state.pt").exists() and not (tmp_path / "line.pt").exists()


@pytest.mark.parametrize("kept", [0, 7, 900, -40])
def test_a_damaged_state_is_named(tmp_path, kept) -> None:
    train("line", Line(), run(), tmp_path, RECIPE)
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"state\.pt is damaged.*without --resume"):
        train("line", Line(), run(), tmp_path, RECIPE, resume=True)


def test_one_flipped_bit_is_found_wherever_it_matters(tmp_path) -> None:
    """Anywhere in the file: either the run refuses it, or nothing that is loaded is another."""
    train("line", Line(), run(), tmp_path, RECIPE)
    first = Line()
    train("line", first, run(), tmp_path, RECIPE, resume=True)
    state = tmp_path / "state.pt"
    whole, refused = state.read_bytes(), 0
    rng = random.Random(3)
    for _ in range(150):
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        state.write_bytes(flipped)
        second = Line()
        try:
            train("line", second, run(), tmp_path, RECIPE, resume=True)
        except InputError as error:
            assert "state.pt is damaged" in str(error)
            refused += 1
        else:
            assert same(first.state_dict(), second.state_dict())
    assert refused > 40


@pytest.mark.parametrize("step", [0, -3, 2.0, "3", None])
def test_a_state_of_no_step_is_refused(tmp_path, step) -> None:
    train("line", Line(), run(), tmp_path, RECIPE)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.save({**state, "step": step}, tmp_path / "state.pt")
    with pytest.raises(InputError, match=r"state\.pt is damaged.*it says step"):
        train("line", Line(), run(), tmp_path, RECIPE, resume=True)


def test_a_state_that_the_log_does_not_reach_is_refused(tmp_path) -> None:
    train("line", Line(), run(), tmp_path, RECIPE)
    kept = [line for line in lines(tmp_path) if line["step"] <= 4]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(x) + "\n" for x in kept))
    with pytest.raises(InputError, match=r"state\.pt is of step 6, but .*log\.jsonl ends at step 4"):
        train("line", Line(), run(), tmp_path, RECIPE, resume=True)
    (tmp_path / "log.jsonl").unlink()
    train("line", Line(), run(), tmp_path, RECIPE, resume=True)


def test_a_half_written_line_of_the_log_is_dropped(tmp_path, caplog) -> None:
    with pytest.raises(StopError):
        train("line", Line(), run(), tmp_path, RECIPE, progress=stop_at(3))
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"step": 4, "lo')
    train("line", Line(), run(), tmp_path, RECIPE, resume=True)
    assert lines(tmp_path)[-1]["step"] == 6 and "not whole" in caplog.text


def test_killed_before_the_last_export_it_is_made_up_for(tmp_path) -> None:
    train("line", Line(), run(), tmp_path, RECIPE)
    whole = torch.load(tmp_path / "line.pt")
    (tmp_path / "line.pt").unlink()
    trainer = Line()
    train("line", trainer, run(), tmp_path, RECIPE, resume=True)
    assert same(torch.load(tmp_path / "line.pt"), whole)


def test_runs_are_not_overwritten_nor_resumed_by_mistake(tmp_path) -> None:
    with pytest.raises(InputError, match="no state.pt"):
        train("line", Line(), run(), tmp_path, RECIPE, resume=True)
    train("line", Line(), run(), tmp_path, RECIPE)
    with pytest.raises(InputError, match="--resume"):
        train("line", Line(), run(), tmp_path, RECIPE)
    with pytest.raises(InputError, match="recipe"):
        train("line", Line(), run(), tmp_path, "steps = 7\n", resume=True)


def test_a_run_does_not_go_on_with_other_things_than_it_began_with(tmp_path) -> None:
    needs = {"--preset": "small", "--with vae": "aa", "set of samples in --data": "9 samples, 1234"}
    train("line", Line(), run(), tmp_path, RECIPE, needs=needs)
    for name, value in (("--preset", "kling_foley_6b"), ("--with vae", "cc"), ("--with t5", "bb")):
        before = needs.get(name, "none")
        with pytest.raises(InputError, match=rf"^--resume: the run began with another {name} \({before}\)"):
            train("line", Line(), run(), tmp_path, RECIPE, resume=True, needs={**needs, name: value})
    train("line", Line(), run(), tmp_path, RECIPE, resume=True, needs=needs)


def test_a_folder_that_can_not_be_made_and_a_recipe_that_is_gone(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--out .*file"):
        train("line", Line(), run(), tmp_path / "file", RECIPE)
    train("line", Line(), run(), tmp_path / "run", RECIPE)
    (tmp_path / "run" / "recipe.toml").unlink()
    with pytest.raises(InputError, match="recipe is not the one"):
        train("line", Line(), run(), tmp_path / "run", RECIPE, resume=True)


def test_a_disk_without_room_is_found_before_the_first_step(tmp_path, monkeypatch) -> None:
    free = SimpleNamespace(free=50)
    monkeypatch.setattr("kling_foley_core.training.loop.room.shutil.disk_usage", lambda folder: free)
    with pytest.raises(InputError, match="--out .* need 0 MB, and 0 MB are free; make room"):
        train("line", Line(), run(), tmp_path, RECIPE)
    assert not (tmp_path / "log.jsonl").exists()
    state = Line().state_dict()
    assert state_bytes(state) == 4 * (2 + 2 + 2 * (1 + 1 + 1))  # weights, averages, moments and their counts


def test_a_resumed_optimiser_follows_the_recipe() -> None:
    net = torch.nn.Linear(1, 1)
    before = Optimiser(net, OPTIMISATION, CPU)
    before.step(net(torch.ones(1, 1)).sum(), 0)
    after = Optimiser(net, replace(OPTIMISATION, weight_decay=0.5, betas=(0.5, 0.6)), CPU)
    after.load_state_dict(before.state_dict())
    (group,) = after.adamw.param_groups
    assert group["weight_decay"] == 0.5 and tuple(group["betas"]) == (0.5, 0.6)
    assert same(after.state_dict(), before.state_dict())


def test_a_longer_recipe_goes_on(tmp_path) -> None:
    train("line", Line(), run(), tmp_path, RECIPE)
    (tmp_path / "recipe.toml").write_text("steps = 8\n")
    trainer = Line()
    train("line", trainer, run(steps=8), tmp_path, "steps = 8\n", resume=True)
    assert lines(tmp_path)[-1]["step"] == 8


def test_steps_and_purposes_have_their_own_randomness() -> None:
    draws = {
        float(torch.rand((), generator=generator_for(seed, step, purpose)))
        for seed in (0, 1)
        for step in (0, 1, 11)
        for purpose in ("batch", "noise")
    }
    assert len(draws) == 12
    again = torch.rand((), generator=generator_for(1, 11, "noise"))
    assert float(again) in draws
