"""How weights, gradients, moments and averages lie on the GPUs: whole on each (DDP), or in shards (FSDP2).

Weights, gradients, AdamW's two moments and the average (EMA) are float32 in every precision, which is that of
the computation alone. FSDP2 cuts every parameter along its first axis into as many equal pieces as there are
GPUs, the last ones smaller or empty; figures are the first GPU's, which holds most.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

FLOAT32 = 4  # bytes


@dataclass(frozen=True)
class Memory:
    """Bytes on one GPU. `gathered`: what FSDP2 holds whole for a while; DDP's gradients are views of its
    buckets and cost nothing more."""

    weights: int
    gradients: int
    optimiser: int
    average: int
    gathered: int
    activations: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())


def memory(
    net: nn.Module, blocks: list[nn.Module], shards: int, number_bytes: int, activations: int
) -> Memory:
    """`net` may be on the meta device. `shards`: GPUs that share it; 1: each holds all. `number_bytes`: of a
    number of the computation."""
    held = [_shard(p.shape, shards) for p in net.parameters()]
    trained = FLOAT32 * sum(held)
    buffers = sum(b.numel() * b.element_size() for b in net.buffers())
    return Memory(
        weights=trained + buffers,
        gradients=trained,
        optimiser=2 * trained + FLOAT32 * len(held),  # and a count of steps for each parameter
        average=trained + buffers,
        gathered=_gathered(net, blocks, number_bytes, activations) if shards > 1 else 0,
        activations=activations,
    )


def _gathered(net: nn.Module, blocks: list[nn.Module], number_bytes: int, activations: int) -> int:
    """As `loop/parallel.py` shards a network, at the worse of two moments: as the backward pass begins, what
    is in no block whole in float32, and of the largest block the weights, those of the next one that is on
    its way, the gradients, and these in float32 to be added up; as it ends, when the activations are gone,
    what is in no block with its gradients and a copy of these to be added up."""
    sizes = [sum(p.numel() for p in block.parameters()) for block in blocks]
    outside = sum(p.numel() for p in net.parameters()) - sum(sizes)
    begins = FLOAT32 * outside + (3 * number_bytes + FLOAT32) * max(sizes)
    return max(begins, 3 * FLOAT32 * outside - activations)


def _shard(shape: tuple[int, ...], shards: int) -> int:
    """Numbers of the first of `shards` pieces."""
    count = -(-shape[0] // shards)
    for side in shape[1:]:
        count *= side
    return count
