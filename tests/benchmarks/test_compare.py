"""What of the comparison with the reference runs without the reference."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest
import torch
from alone import Alone
from compare import measure, reference, table, weights, whole
from compare.inputs import Sizes

from kling_foley_core.errors import InputError


def test_a_folder_without_the_code_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"mmaudio/model/networks.py.*github.com/hkchengrex/MMAudio"):
        reference.use_checkout(tmp_path)


def test_missing_packages_are_named_as_pip_knows_them(tmp_path, monkeypatch) -> None:
    made = tmp_path / "mmaudio" / "model" / "networks.py"
    made.parent.mkdir(parents=True)
    made.touch()
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in reference.NEEDED else there(name)
    )
    with pytest.raises(InputError, match="pip install open_clip_torch torchdiffeq colorlog"):
        reference.use_checkout(tmp_path)


def test_calls_alternate_and_the_first_round_is_not_counted(monkeypatch) -> None:
    """By clocks that only the calls move."""
    order, spent = [], {"wall": 0.0, "cpu": 0.0}
    clocks = SimpleNamespace(perf_counter=lambda: spent["wall"], process_time=lambda: spent["cpu"])
    monkeypatch.setattr(measure, "time", clocks)

    def call(name: str, seconds: float) -> torch.Tensor:
        order.append(name)
        spent["wall"] += seconds
        spent["cpu"] += seconds / 4
        return torch.zeros(1)

    calls = {"a": lambda: call("a", 2.0 if "a" in order else 9.0), "b": lambda: call("b", 1.0)}
    runs = measure.alternating(calls, 2)
    assert order == ["a", "b"] * 3
    assert runs["a"].wall == [2.0, 2.0] and runs["a"].cpu_seconds == 0.5 and runs["b"].seconds == 1.0


def test_a_long_first_round_counts(monkeypatch) -> None:
    monkeypatch.setattr(measure, "LONG", 0.0)
    runs = measure.alternating({"a": lambda: torch.zeros(1)}, 2)
    assert len(runs["a"].wall) == 2


def test_difference() -> None:
    apart = measure.Difference.between(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 4.5]))
    assert apart.largest == 0.5 and apart.mean == 0.25 and apart.share == pytest.approx(0.1)
    with pytest.raises(ValueError, match="2 and 3 values"):
        measure.Difference.between(torch.zeros(2), torch.zeros(3))


def test_row() -> None:
    theirs, ours = measure.Runs([4.0, 9.0, 5.0], [8.0]), measure.Runs([2.0, 1.0, 3.0], [2.0])
    row = table.Row("VAE", "float32", theirs, ours, 1e12, 1e12, None)
    assert row.cells()[2:11] == (
        "5.00 s",
        "2.00 s",
        "0.40",
        "8.00",
        "2.00",
        "0.25",
        "0.200",
        "0.500",
        "50 %",
    )
    assert len(row.cells()) == len(table.Row.HEAD)


def test_process_row() -> None:
    theirs = [
        Alone(9.0, 10.0, 20.0, 8000, 6000),
        Alone(3.0, 40.0, 20.0, 8000, 6000),
        Alone(3.0, 20.0, 20.0, 9000, 1),
    ]
    row = table.ProcessRow("generate", "float32", theirs, [Alone(1.0, 5.0, 10.0, 4000, 3000)])
    assert row.cells()[2:8] == ("3.0 s", "1.0 s", "23.0 s", "6.0 s", "0.26", "0.50")
    assert row.cells()[8:] == ("8000 MB", "4000 MB", "0.50", "6000 MB", "3000 MB")
    assert len(row.cells()) == len(table.ProcessRow.HEAD)


def test_the_stages_of_the_whole_and_what_is_left() -> None:
    theirs = [Alone(9.0, 10.0, 20.0, 1, 1, {"CLIP": clip, "VAE": 1.0}) for clip in (5.0, 7.0, 6.0)]
    ours = [Alone(1.0, 5.0, 10.0, 1, 1, {"VAE": 0.5, "CLIP": 3.0})]
    rows = [part.cells() for part in table.ProcessRow("generate", "bfloat16", theirs, ours).part_rows()]
    assert rows == [
        ("CLIP", "bfloat16", "6.00 s", "3.00 s", "0.50"),
        ("VAE", "bfloat16", "1.00 s", "0.50 s", "0.50"),
        (table.REST, "bfloat16", "3.00 s", "1.50 s", "0.50"),
    ]
    alone = [Alone(9.0, 10.0, 20.0, 1, 1)]
    assert table.ProcessRow("VAE", "float32", alone, alone).part_rows() == [], "one stage, asked for memory"


def test_seconds_of_a_stage_add_up_over_its_calls(monkeypatch) -> None:
    """One that fails counts too, and what it returns or raises goes on."""
    clock = iter([0.0, 2.0, 10.0, 13.0])
    monkeypatch.setattr(whole.time, "perf_counter", lambda: next(clock))

    class Network:
        def encode(self, frames: int, *, twice: bool) -> int:
            return frames * 2 if twice else frames // 0

    parts: dict[str, float] = {}
    whole.add_seconds(Network, "encode", "CLIP", parts)
    assert Network().encode(3, twice=True) == 6 and parts == {"CLIP": 2.0}
    with pytest.raises(ZeroDivisionError):
        Network().encode(3, twice=False)
    assert parts == {"CLIP": 5.0}


def test_the_stages_of_the_whole_are_the_same_on_both_sides() -> None:
    assert {part for part, _, _ in whole.OURS} == set(whole.THEIRS)
    assert all(callable(getattr(owner, name)) for _, owner, name in whole.OURS)


def test_weights_are_made_once_and_are_the_same_again(tmp_path) -> None:
    def made(part: str) -> torch.nn.Module:
        with reference.Unfilled():
            return torch.nn.Sequential(torch.nn.Conv1d(400, 8, 1), torch.nn.BatchNorm1d(8))

    first, second = weights.Files(tmp_path / "a", "m"), weights.Files(tmp_path / "b", "m")
    first.write(["vae"], made)
    second.write(["vae"], made)
    one, other = (torch.load(files.path("vae"), weights_only=True) for files in (first, second))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert 0.04 < one["0.weight"].std() < 0.06, "outputs of unit size: 1 / sqrt(400)"
    assert one["1.running_var"].eq(1).all(), "buffers stay"
    first.write(["vae"], lambda part: pytest.fail("the file is there"))


def test_networks_made_unfilled_draw_nothing() -> None:
    with reference.Unfilled():
        before = torch.get_rng_state()
        torch.nn.Linear(3, 3), torch.nn.init.normal_(torch.zeros(3)), torch.nn.MultiheadAttention(4, 2)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("stage", ["clip", "sync", "step", "vae", "vocoder"])
def test_inputs_have_the_sizes_asked_for(stage) -> None:
    given = Sizes(seconds=2.0, frames=3, segments=2, steps=25).inputs(stage)
    shapes = {name: tuple(t.shape) for name, t in given.items() if isinstance(t, torch.Tensor)}
    assert (
        shapes.items()
        >= {
            "clip": {"frames": (1, 3, 3, 384, 384)},
            "sync": {"frames": (1, 24, 3, 224, 224)},
            "step": {"visual": (1, 16, 1024), "sync": (1, 40, 768), "noise": (1, 87, 40)},
            "vae": {"latent": (1, 87, 40)},
            "vocoder": {"mel": (1, 128, 174)},
        }[stage].items()
    )
