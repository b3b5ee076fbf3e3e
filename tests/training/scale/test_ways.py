"""Planned weights, gradients, moments and averages against the tensors of a real step; shards against
FSDP2's."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.training.loop.ema import EMA
from kling_foley_core.training.scale.step import net_blocks
from kling_foley_core.training.scale.ways import memory

CONFIGS = {
    "small": SMALL.generator,
    "kling": replace(
        PRESETS["kling_foley_1.5b"].generator, hidden_dim=128, num_heads=2, joint_depth=2, audio_depth=2
    ),
}


def held(tensors) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


@pytest.mark.parametrize("name", CONFIGS)
def test_state_is_what_a_real_step_holds(name) -> None:
    net = MMDiT(CONFIGS[name])
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    adamw, average = torch.optim.AdamW(net.parameters(), fused=True), EMA(net, 0.99)
    adamw.step()
    planned = memory(net, net_blocks(net), "one", 1, 2, activations=7)
    assert planned.weights == held(net.state_dict().values())
    assert planned.gradients == held(p.grad for p in net.parameters())
    assert planned.optimiser == held(t for state in adamw.state.values() for t in state.values())
    assert planned.average == held(average.average.values())
    assert planned.total == sum((planned.weights, planned.gradients, planned.optimiser, planned.average, 7))


def test_ddp_holds_the_gradients_twice() -> None:
    net = MMDiT(CONFIGS["kling"], device="meta")
    planned = memory(net, net_blocks(net), "ddp", 4, 2, activations=0)
    assert planned.exchange == planned.gradients
    assert replace(planned, exchange=0) == memory(net, net_blocks(net), "one", 1, 2, activations=0)


@pytest.fixture
def eight_processes():
    """A process group of eight in which nothing is sent."""
    from torch import distributed
    from torch.testing._internal.distributed.fake_pg import FakeStore

    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=8)
    yield distributed.device_mesh.init_device_mesh("cpu", (8,))
    distributed.destroy_process_group()


def test_shards_are_those_of_fsdp2(eight_processes) -> None:
    from torch.distributed.fsdp import fully_shard

    net = MMDiT(CONFIGS["kling"], device="meta")
    planned = memory(net, net_blocks(net), "fsdp2", 8, 2, activations=0)
    for block in net_blocks(net):
        fully_shard(block, mesh=eight_processes)
    fully_shard(net, mesh=eight_processes)
    local = held(p.to_local() for p in net.parameters())
    assert (planned.gradients, planned.weights) == (local, local + held(net.buffers()))
    assert planned.optimiser == 2 * local + 4 * len(list(net.parameters()))


def test_fsdp2_gathers_two_blocks_and_what_is_in_none() -> None:
    net = MMDiT(CONFIGS["kling"], device="meta")
    parameters = {name: p.numel() for name, p in net.named_parameters()}
    outside = sum(n for name, n in parameters.items() if not name.startswith(("joint_", "fused_")))
    first = sum(n for name, n in parameters.items() if name.startswith("joint_blocks.0."))
    planned = memory(net, net_blocks(net), "fsdp2", 8, 2, activations=0)
    assert planned.exchange == 2 * 2 * (outside + 2 * first)
