"""Planned weights, gradients, moments and averages against the tensors of the real trainer; shards, and what
is gathered of them, against FSDP2's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from allocator import peak_allocated
from training_shards import TINY, make_shards, setting
from training_tiny import FLOW

from kling_foley_core.mmdit import MMDiT, MMDiTConfig
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

NARROW = {"hidden_dim": 128, "num_heads": 2, "joint_depth": 2, "audio_depth": 2}
WIDE = replace(FLOW, **NARROW)  # takes the tiny arrays of the test's shards
CONFIG = replace(PRESETS["kling_foley_1.5b"].generator, **NARROW)


def held(tensors: Iterable[torch.Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


@pytest.fixture
def trainer(tmp_path: Path) -> Callable[[MMDiTConfig, str, bool], GeneratorTrainer]:
    """Makes the real trainer of a network, batches of 8 crops of 2 s."""

    def make(config: MMDiTConfig, precision: str, checkpointing: bool) -> GeneratorTrainer:
        changes = [
            *("auxiliary_classification=0.0", "guidance.weight=0.0", f"run.precision={precision}"),
            *("crops.seconds=2.0", "crops.batch=8", "run.steps=2"),
            f"run.activation_checkpointing={str(checkpointing).lower()}",
        ]
        data = (make_shards(tmp_path / "shards"),)
        given = setting(tmp_path, preset=replace(TINY, generator=config), data=data)
        return build(recipe_source(None, "generator", changes), given)[0]

    return make


def test_state_is_what_the_trainer_holds(trainer) -> None:
    real = trainer(FLOW, "fp32", False)
    real.step(0)
    net = MMDiT(FLOW, device="meta")
    planned = memory(net, net_blocks(net), 1, 4, activations=7)
    assert planned.weights == held(real.networks.state_dict().values())
    assert planned.gradients == held(p.grad for p in real.networks.parameters())
    moments = real.optimiser.state_dict().values()
    assert planned.optimiser == held(t for of_weight in moments for t in of_weight.values())
    assert planned.average == held(real.ema.average.values())
    assert planned.gathered == 0
    assert planned.total == sum((planned.weights, planned.gradients, planned.optimiser, planned.average, 7))


@pytest.mark.parametrize(("precision", "checkpointing"), [("bf16", False), ("fp32", False), ("fp32", True)])
def test_a_step_of_the_trainer_allocates_what_is_planned(trainer, precision, checkpointing) -> None:
    """Gradients come as activations go: the peak is between the larger of them and both."""
    real = trainer(WIDE, precision, checkpointing)
    real.step(0)
    peak = peak_allocated(lambda: real.step(1))
    net, step = MMDiT(WIDE, device="meta"), Step(8, 2.0, latent_frames(2.0, 44100, 512), precision, False)
    planned = memory(net, net_blocks(net), 1, 4, activation_bytes(WIDE, step, "cpu")[checkpointing])
    assert 0.97 * planned.activations < peak < 1.03 * (planned.activations + planned.gradients)
    assert planned.activations > 2 * planned.gradients or checkpointing


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
