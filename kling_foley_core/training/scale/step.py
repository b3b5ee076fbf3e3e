"""One training step of a generator on tensors without values: how many bytes are alive at its peak beside
weights and gradients, and how many operations of multiplying and adding it takes.

The forward pass of the real network runs on fake tensors (shapes, number types and a device, no memory), so
the 6B takes seconds on a laptop. Memory is counted on a fake GPU, whose autocast and kernels keep other
tensors than a CPU's; the flow matching loss alone, without auxiliary classification and classifier guidance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ...flow.path import flow_matching_loss, interpolate
from ...mmdit import Features, MMDiT, MMDiTConfig
from ...timing import sync_tokens, visual_frames
from ..loop.blocks import recomputed
from .live import LiveBytes


@dataclass(frozen=True)
class Step:
    """What one GPU computes at once. `sharded`: FSDP2 hands the blocks their weights in the precision's
    number type; otherwise all weights are float32 and autocast copies them."""

    batch: int
    seconds: float
    latent_len: int
    precision: str
    sharded: bool


def activation_bytes(config: MMDiTConfig, step: Step, device: str = "cuda") -> tuple[int, int]:
    """The most bytes alive at one time beside weights and gradients, without and with checkpointing.

    Without it that is in the forward pass (the backward pass gives back more than it takes). With it, either
    there too, or when the largest block is computed anew beside what is kept between blocks.
    """
    without, blocks, _ = _forward(config, step, device, checkpointing=False)
    forward, _, kept = _forward(config, step, device, checkpointing=True)
    return without, max(forward, kept + max(blocks))


def step_flops(config: MMDiTConfig, step: Step) -> tuple[int, int]:
    """Multiplications and additions, two operations each, of forward and backward pass, without and with
    checkpointing, which runs every block's forward pass twice. Attention as two products of matrices, all
    else as torch counts it."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils.flop_counter import FlopCounterMode

    with FakeTensorMode(), FlopCounterMode(display=False) as counter:
        net = MMDiT(config, attention=_plain_attention)
        blocks = _watch_blocks(net, counter.get_total_flops)
        batch_loss(net, replace(step, precision="fp32"), "cpu").backward()
    total = counter.get_total_flops()
    return total, total + sum(blocks)


def net_blocks(net: MMDiT) -> list[nn.Module]:
    """What is checkpointed, and gathered from shards, as one."""
    return [*net.joint_blocks, *net.fused_blocks]


def _forward(
    config: MMDiTConfig, step: Step, device: str, *, checkpointing: bool
) -> tuple[int, list[int], int]:
    """Bytes alive: at the peak of the forward pass; those that each block leaves; after it, for the backward
    pass."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight")
        net = MMDiT(config, attention=_fused_attention, device=device)
        if step.sharded and step.precision == "bf16":
            gathered = MMDiT(config, device=device, dtype=torch.bfloat16)
            net.joint_blocks, net.fused_blocks = gathered.joint_blocks, gathered.fused_blocks
        live = LiveBytes([*net.parameters(), *net.buffers()])
        blocks = _watch_blocks(net, lambda: live.now)
        if checkpointing:
            checkpoint_blocks(net)
        with live:
            _held, kept = batch_loss(net, step, device), live.now
        return live.peak, blocks, kept


def batch_loss(net: MMDiT, step: Step, device: str) -> Tensor:
    """The flow matching loss of one batch."""
    config, batch = net.config, step.batch
    visual, sync = visual_frames(step.seconds), sync_tokens(step.seconds)
    features = Features(
        visual=torch.randn(batch, visual, config.visual_dim, device=device),
        sync=torch.randn(batch, sync, config.sync_dim, device=device),
        text=torch.randn(batch, config.text_len, config.text_dim, device=device),
        visual_len=visual,
        sync_len=sync,
        seconds_start=torch.zeros(batch),
        seconds_total=torch.full((batch,), step.seconds),
    )
    x1 = torch.randn(batch, step.latent_len, config.latent_dim, device=device)
    x0, t = torch.randn_like(x1), torch.rand(batch, device=device)
    with _autocast(device, step.precision):
        velocity = net(interpolate(x0, x1, t), t, features)
    return flow_matching_loss(velocity.float(), x0, x1).mean()


@contextmanager
def _autocast(device: str, precision: str) -> Iterator[None]:
    """torch.autocast, also for a GPU that is not there, for which torch.autocast does nothing."""
    before = torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)
    torch.set_autocast_enabled(device, precision == "bf16")
    torch.set_autocast_dtype(device, torch.bfloat16)
    torch.autocast_increment_nesting()
    try:
        yield
    finally:
        if torch.autocast_decrement_nesting() == 0:
            torch.clear_autocast_cache()
        torch.set_autocast_enabled(device, before[0])
        torch.set_autocast_dtype(device, before[1])


def _watch_blocks(net: MMDiT, count: Callable[[], int]) -> list[int]:
    """A list that gets, as every block runs, by how much `count` has grown."""
    sizes: list[int] = []
    for block in net_blocks(net):
        block.register_forward_pre_hook(lambda *_: sizes.append(-count()))
        block.register_forward_hook(lambda *_: sizes.append(sizes.pop() + count()))
    return sizes


def checkpoint_blocks(net: MMDiT) -> None:
    for block in net_blocks(net):
        block.forward = recomputed(block.forward)  # type: ignore[method-assign]


def _fused_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The kernel that a GPU takes, asked for by name: on fake tensors torch takes the one that keeps the
    whole attention matrix. On a CPU it takes its own."""
    if q.device.type == "cpu":
        return nn.functional.scaled_dot_product_attention(q, k, v)
    half = torch.is_autocast_enabled(q.device.type) or q.dtype == torch.bfloat16
    if half:
        q, k, v = (t.to(torch.bfloat16) for t in (q, k, v))
        return torch.ops.aten._scaled_dot_product_flash_attention(q, k, v)[0]
    return torch.ops.aten._scaled_dot_product_efficient_attention(q, k, v, None, True)[0]


def _plain_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.transpose(-1, -2)).softmax(-1) @ v
