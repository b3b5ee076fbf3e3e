"""How weights, gradients, moments and averages lie on the GPUs: whole on each, or in shards.

Weights, gradients, AdamW's two moments and the average (EMA) are float32 in every way and precision; the
precision is that of the computation. FSDP2 cuts every parameter along its first axis into as many equal
pieces as there are GPUs, the last ones smaller or empty; figures are the first GPU's, which holds most.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

WAYS = ("one", "ddp", "fsdp2")
FLOAT32 = 4  # bytes
PREFETCHED = 2  # blocks that FSDP2 holds whole at a time: the one at work, and the next on its way


@dataclass(frozen=True)
class Memory:
    """Bytes on one GPU. `exchange`: DDP's buckets of gradients; FSDP2's whole blocks and their gradients."""

    weights: int
    gradients: int
    optimiser: int
    average: int
    exchange: int
    activations: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())


def memory(
    net: nn.Module, blocks: list[nn.Module], way: str, gpus: int, number_bytes: int, activations: int
) -> Memory:
    """`net` may be on the meta device. `number_bytes`: of a number of the computation."""
    shards = gpus if way == "fsdp2" else 1
    held = [_shard(p.shape, shards) for p in net.parameters()]
    trained = sum(held)
    buffers = sum(b.numel() * b.element_size() for b in net.buffers())
    return Memory(
        weights=FLOAT32 * trained + buffers,
        gradients=FLOAT32 * trained,
        optimiser=2 * FLOAT32 * trained + FLOAT32 * len(held),  # and a count of steps for each parameter
        average=FLOAT32 * trained + buffers,
        exchange=_exchange(net, blocks, way, number_bytes),
        activations=activations,
    )


def _exchange(net: nn.Module, blocks: list[nn.Module], way: str, number_bytes: int) -> int:
    """DDP: a copy of the gradients. FSDP2: what belongs to no block, whole from the first use to the last,
    and two blocks, all with their gradients."""
    whole = sum(p.numel() for p in net.parameters())
    if way == "ddp":
        return FLOAT32 * whole
    if way == "one":
        return 0
    sizes = [sum(p.numel() for p in block.parameters()) for block in blocks]
    return 2 * number_bytes * (whole - sum(sizes) + PREFETCHED * max(sizes))


def _shard(shape: tuple[int, ...], shards: int) -> int:
    """Numbers of the first of `shards` pieces."""
    count = -(-shape[0] // shards)
    for side in shape[1:]:
        count *= side
    return count
