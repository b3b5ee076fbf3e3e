"""Planned weights, gradients, moments and averages against the tensors of the real trainer; shards, and what
is gathered of them, against FSDP2's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from allocator import peak_allocated
from training_shards import TINY, make_shards, setting
from training_tiny import FLOW

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS
from kling_foley_core.timing import latent_frames
from kling_foley_core.training.parts.generator import GeneratorTrainer, build
from kling_foley_core.training.recipe import recipe_source
from kling_foley_core.training.scale.memory import memory
from kling_foley_core.training.scale.step import (
    Step,
    activation_bytes,
    batch_loss,
    checkpoint_blocks,
    net_blocks,
)

CONFIG = replace(
    PRESETS["kling_foley_1.5b"].generator, hidden_dim=128, num_heads=2, joint_depth=2, audio_depth=2
)


def held(tensors: Iterable[torch.Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


@pytest.fixture
def trainer(tmp_path: Path) -> GeneratorTrainer:
    changes = [
        *("auxiliary_classification=0.0", "guidance.weight=0.0", "run.precision=fp32"),
        *("crops.seconds=2.0", "crops.batch=2"),
    ]
    given = setting(tmp_path, data=(make_shards(tmp_path / "shards"),))
    return build(recipe_source(None, "generator", changes), given)[0]


def test_state_is_what_the_trainer_holds(trainer) -> None:
    trainer.step(0)
    net = MMDiT(FLOW, device="meta")
    planned = memory(net, net_blocks(net), 1, 4, activations=7)
    assert trainer.net.config == TINY.generator == FLOW
    assert planned.weights == held(trainer.networks.state_dict().values())
    assert planned.gradients == held(p.grad for p in trainer.networks.parameters())
    moments = trainer.optimiser.state_dict().values()
    assert planned.optimiser == held(t for of_weight in moments for t in of_weight.values())
    assert planned.average == held(trainer.ema.average.values())
    assert planned.gathered == 0
    assert planned.total == sum((planned.weights, planned.gradients, planned.optimiser, planned.average, 7))


@pytest.fixture
def eight_processes() -> Iterator[torch.distributed.device_mesh.DeviceMesh]:
    """A process group of eight in which nothing is sent."""
    from torch import distributed
    from torch.testing._internal.distributed.fake_pg import FakeStore

    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=8)
    torch.set_flush_denormal(True)  # what nobody sent is any number, and tiny ones are slow
    yield distributed.device_mesh.init_device_mesh("cpu", (8,))
    torch.set_flush_denormal(False)
    distributed.destroy_process_group()


def sharded(net: MMDiT, mesh: torch.distributed.device_mesh.DeviceMesh) -> MMDiT:
    """As loop/parallel.py does it."""
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False)
    for block in net_blocks(net):
        fully_shard(block, mesh=mesh, mp_policy=policy)
    return fully_shard(net, mesh=mesh)


def test_shards_are_those_of_fsdp2(eight_processes) -> None:
    net = MMDiT(CONFIG, device="meta")
    planned = memory(net, net_blocks(net), 8, 2, activations=0)
    local = held(p.to_local() for p in sharded(net, eight_processes).parameters())
    assert (planned.gradients, planned.weights) == (local, local + held(net.buffers()))
    assert planned.optimiser == 2 * local + 4 * len(list(net.parameters()))


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("batch", [2, 8])
def test_planned_for_a_step_of_fsdp2_is_what_it_allocates(eight_processes, batch, checkpointing) -> None:
    """The plan adds up the largest of what is not all there at the same moment, so it says more."""
    step = Step(batch, 2.0, latent_frames(2.0, 44100, 512), "bf16", sharded=True)
    net = MMDiT(CONFIG)
    activations = activation_bytes(CONFIG, step, "cpu")[checkpointing]
    planned = memory(net, net_blocks(net), 8, 2, activations)
    if checkpointing:
        checkpoint_blocks(net)
    net = sharded(net, eight_processes)
    batch_loss(net, step, "cpu").backward()  # so that gradients are there
    peak = peak_allocated(lambda: batch_loss(net, step, "cpu").backward())
    assert 0.95 * peak < planned.gathered + planned.activations < 1.3 * peak
