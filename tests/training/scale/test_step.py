"""The bytes that are planned without data, against what a real step on the CPU keeps and allocates."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from allocator import peak_allocated

from kling_foley_core.mmdit import MMDiT, MMDiTConfig
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.timing import latent_frames, visual_frames
from kling_foley_core.training.scale import step as scale
from kling_foley_core.training.scale.step import Step, activation_bytes, step_flops

# The whole small network, and the two families at a reduced width and depth.
NARROW = {"hidden_dim": 128, "num_heads": 2, "joint_depth": 2, "audio_depth": 2}
CONFIGS = {
    "small": SMALL.generator,
    "mmaudio": replace(PRESETS["mmaudio_large_44k_v2"].generator, time_dim=128, **NARROW),
    "kling": replace(PRESETS["kling_foley_1.5b"].generator, **NARROW),
}
SECONDS = 4.0
NEAR = 0.05  # largest share by which plan and measurement may differ


def step(precision: str = "bf16", batch: int = 2, sharded: bool = False) -> Step:
    return Step(batch, SECONDS, latent_frames(SECONDS, 44100, 512), precision, sharded)


def allocated(config: MMDiTConfig, asked: Step, checkpointing: bool) -> int:
    """The most bytes that torch's allocator gave out at one time in a real step, gradients being there."""
    net = MMDiT(config)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    if checkpointing:
        scale.checkpoint_blocks(net)
    return peak_allocated(lambda: scale.batch_loss(net, asked, "cpu").backward())


def saved(config: MMDiTConfig, asked: Step) -> int:
    """What autograd saves of a real forward pass, every storage once, without the weights themselves."""
    net, storages = MMDiT(config), {}
    weights = {p.untyped_storage()._cdata for p in net.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage()._cdata not in weights:
            storages[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        scale.batch_loss(net, asked, "cpu")
    return sum(t.untyped_storage().nbytes() for t in storages.values())


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("name", CONFIGS)
def test_planned_activations_are_what_a_step_allocates(name, precision) -> None:
    asked = step(precision)
    planned = activation_bytes(CONFIGS[name], asked, "cpu")
    for checkpointing, bytes_planned in zip((False, True), planned, strict=True):
        measured = allocated(CONFIGS[name], asked, checkpointing)
        assert bytes_planned == pytest.approx(measured, rel=NEAR), checkpointing
    assert planned[1] < planned[0] / 1.5


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_planned_activations_are_what_autograd_saves(precision) -> None:
    asked = step(precision)
    planned, _ = activation_bytes(SMALL.generator, asked, "cpu")
    assert planned == pytest.approx(saved(SMALL.generator, asked), rel=NEAR)


def test_autocast_keeps_copies_of_the_weights_that_shards_do_not_need() -> None:
    config = CONFIGS["kling"]
    (whole, _), (shards, _) = (activation_bytes(config, step(sharded=s)) for s in (False, True))
    blocks = scale.net_blocks(MMDiT(config, device="meta"))
    weights = sum(p.numel() for block in blocks for p in block.parameters())
    assert whole - shards == pytest.approx(2 * weights, rel=NEAR)


def test_activations_grow_with_the_batch() -> None:
    one, two, three = (activation_bytes(CONFIGS["kling"], step(batch=b))[0] for b in (1, 2, 3))
    assert three - two == pytest.approx(two - one, rel=0.01) and two > one


def test_operations_are_those_of_the_layers_and_of_attention() -> None:
    """Forward: 2 for every weight at every place it is used, and 4 N^2 D of each attention over N tokens;
    backward twice that, but for the inputs, whose gradients nobody asks for (sync tokens have a trained table
    added to them)."""
    config, asked = CONFIGS["kling"], step(batch=1)
    net, used = MMDiT(config), []
    for module in net.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv1d):
            channels_first = isinstance(module, torch.nn.Conv1d)
            module.register_forward_hook(
                lambda m, _, out, c=channels_first: used.append(
                    2 * m.weight.numel() * (out.shape[-1] if c else out.numel() // out.shape[-1])
                )
            )
    scale.batch_loss(net, replace(asked, precision="fp32"), "cpu")
    audio = asked.latent_len
    all_tokens = audio + visual_frames(SECONDS) + config.text_len
    attention = config.joint_depth * all_tokens**2 + config.audio_depth * audio**2
    forward = sum(used) + 4 * config.hidden_dim * attention
    inputs = sum(
        2 * audio_or_tokens * width * kernel * config.hidden_dim
        for audio_or_tokens, width, kernel in (
            (audio, config.latent_dim, 7),
            (visual_frames(SECONDS), config.visual_dim, 1),
            (config.text_len, config.text_dim, 1),
        )
    )
    assert step_flops(config, asked)[0] == pytest.approx(3 * forward - inputs, rel=1e-3)


def test_checkpointing_computes_the_blocks_twice() -> None:
    """What torch counts as it really does so."""
    from torch.utils.flop_counter import FlopCounterMode

    config, asked = CONFIGS["mmaudio"], step("fp32", batch=1)
    net = MMDiT(config, attention=scale._plain_attention)
    scale.checkpoint_blocks(net)
    with FlopCounterMode(display=False) as counter:
        scale.batch_loss(net, asked, "cpu").backward()
    without, again = step_flops(config, asked)
    assert counter.get_total_flops() == again > without
