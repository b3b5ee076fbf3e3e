"""Every preset's generator at its real depth, without its weights: the forward pass of the training loss runs
on fake tensors and gives the numbers that docs/scale.md shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS
from kling_foley_core.training.scale.memory import memory
from kling_foley_core.training.scale.plan import NUMBER_BYTES, Request
from kling_foley_core.training.scale.step import activation_bytes, net_blocks
from kling_foley_core.training.scale.storage import sample_bytes

ROOT = Path(__file__).parents[2]
PLANS = json.loads((ROOT / "benchmarks/results/scale.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
NEAR = 0.03  # between versions of torch, whose kernels keep other tensors


def test_all_presets_are_planned() -> None:
    assert [p["preset"] for p in PLANS] == [name for name in PRESETS for _ in (False, True)]


@pytest.mark.parametrize("name", PRESETS)
def test_a_training_step_takes_what_is_planned(name: str) -> None:
    planned = [p for p in PLANS if p["preset"] == name]
    request, config = Request(**planned[0]["request"]), PRESETS[name].generator
    net = MMDiT(config, device="meta")
    assert sum(t.numel() for t in net.state_dict().values()) == PRESETS[name].parameters
    step = request.step(PRESETS[name])
    for plan, activations in zip(planned, activation_bytes(config, step), strict=True):
        counted = memory(net, net_blocks(net), request.shards, NUMBER_BYTES[request.precision], activations)
        assert vars(counted) == pytest.approx(plan["memory"], rel=NEAR)
        assert plan["sample_bytes"] == sample_bytes(PRESETS[name], request.seconds)


@pytest.mark.parametrize("plan", PLANS, ids=lambda p: f"{p['preset']}-{p['checkpointing']}")
def test_the_page_shows_it(plan: dict) -> None:
    parts = " | ".join(f"{size / 1e9:.2f}" for size in (*plan["memory"].values(), plan["memory_total"]))
    checkpointing = "yes" if plan["checkpointing"] else "no"
    assert f"| {plan['preset']} | {checkpointing} | {parts} |" in PAGE
    assert f"| {checkpointing} | {plan['flops'] / 1e12:.3f} | {plan['steps']:,.0f} |" in PAGE
