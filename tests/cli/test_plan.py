"""`kling-foley plan`: tables on standard output, the same numbers as JSON, one line for what can't be."""

from __future__ import annotations

import json

import pytest

from kling_foley_core.cli import main


def test_small_on_one_gpu(tmp_path, capsys) -> None:
    out = tmp_path / "plan.json"
    asked = "plan small --gpus 1 --batch 2 --seconds 2 --gpu a100-40"
    data = "--samples 1000 --epochs 3 --price 2"
    assert main([*asked.split(), *data.split(), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    without, again = json.loads(out.read_text())
    assert (without["checkpointing"], again["checkpointing"]) == (False, True)
    assert again["memory"]["activations"] < without["memory"]["activations"]
    assert again["flops"] > without["flops"]
    assert without["steps"] == 1500
    seconds = without["flops"] * 3000 / (0.35 * 312e12)
    assert without["gpu_hours"] == pytest.approx(seconds / 3600)
    assert without["cost"] == pytest.approx(2 * seconds / 3600)
    assert without["memory_total"] == sum(without["memory"].values())
    assert f"{without['memory']['activations'] / 1e9:.2f} | {without['memory_total'] / 1e9:.2f}" in printed
    assert printed.count("| small | no |") == 2 and "9,154,256" in printed


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("tiny", "preset tiny"),
        ("small --parallel fsdp3", "--parallel fsdp3"),
        ("small --gpus 0", "--gpus 0"),
        ("small --batch 0", "--batch 0"),
        ("small --seconds 0.1", "--seconds 0.1"),
        ("small --seconds nan", "--seconds nan"),
        ("small --utilisation 35", "--utilisation 35"),
        ("small --gpu b200", "--gpu b200"),
        ("small --price -1", "--price -1"),
    ],
)
def test_what_can_not_be_planned(asked, named, capsys) -> None:
    assert main(["plan", *asked.split()]) == 2
    error = capsys.readouterr().err
    assert named in error and len(error.splitlines()) == 1
