"""How processes hold a network that they train together.

    Averaged   each holds all of it and may use it in any way; gradients are averaged after the backward pass
    Wrapped    DDP, which averages while the backward pass runs, or FSDP2, which also spreads weights,
               gradients, moments and averages over the processes (run.parallel)

What needs gradients is computed inside `forward(work)` = work(network), so that the hooks of DDP and FSDP
run whatever a part computes. FSDP2 is torch's `fully_shard`, which is what Accelerate's plugin calls too;
the plugin does so on GPUs alone, this on every device.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from ..recipe import Run
from .blocks import check_compile, prepare_block

if TYPE_CHECKING:
    from accelerate import Accelerator

Result = TypeVar("Result")
Work = Callable[[Any], Result]  # takes the network


class Parallel(Protocol):
    network: nn.Module

    def forward(self, work: Work[Result]) -> Result:
        """work(network), with gradients."""

    def evaluate(self, work: Work[Result]) -> Result:
        """work(network), without. Every process must call it."""

    def accumulating(self) -> AbstractContextManager:
        """Round a forward and its backward pass whose gradients are not averaged yet."""

    def average_gradients(self) -> None:
        """After the last backward pass before an update."""


class Averaged:
    """For small networks, or such as are used several times between two updates."""

    def __init__(self, network: nn.Module, accelerator: Accelerator) -> None:
        self.network, self.accelerator = network, accelerator

    def forward(self, work: Work[Result]) -> Result:
        return work(self.network)

    @torch.no_grad()
    def evaluate(self, work: Work[Result]) -> Result:
        return work(self.network)

    def accumulating(self) -> AbstractContextManager:
        return nullcontext()

    @torch.no_grad()
    def average_gradients(self) -> None:
        """A weight without gradient in all processes keeps none."""
        if self.accelerator.num_processes == 1:
            return
        trained = [p for p in self.network.parameters() if p.requires_grad]
        device = self.accelerator.device
        found = torch.tensor([float(p.grad is not None) for p in trained], device=device)
        anywhere = self.accelerator.reduce(found, "sum").tolist()
        used = [p for p, count in zip(trained, anywhere, strict=True) if count]
        if not used:
            return
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in used])
        flat = self.accelerator.reduce(flat, "mean")
        for p, grad in zip(used, flat.split([p.numel() for p in used]), strict=True):
            p.grad = grad.view_as(p).clone()


class Wrapped:
    """`blocks`: the modules that FSDP2 gathers one at a time, that are recomputed in the backward pass
    (run.activation_checkpointing), and that are compiled (run.compile)."""

    def __init__(
        self, network: nn.Module, blocks: Iterable[nn.Module], run: Run, accelerator: Accelerator
    ) -> None:
        self.network, self.sharded = network, run.parallel == "fsdp" and accelerator.num_processes > 1
        check_compile(run, accelerator.device)
        blocks = list(blocks)
        for block in blocks:
            prepare_block(block, run)
        hooked: Any = _Hooked(network)
        if self.sharded:
            _shard(hooked, blocks, run, accelerator)
        elif accelerator.num_processes > 1:
            hooked = accelerator.prepare_model(hooked)
        self.hooked = hooked

    def forward(self, work: Work[Result]) -> Result:
        return self.hooked(work)

    @torch.no_grad()
    def evaluate(self, work: Work[Result]) -> Result:
        if not self.sharded:
            return work(self.network)
        result = self.hooked(work)
        # The root's weights would stay gathered, and what is written into the shards go unseen.
        self.hooked.reshard()
        return result

    def accumulating(self) -> AbstractContextManager:
        """FSDP2 adds up shards: whole gradients would need the memory that it saves."""
        no_sync = getattr(self.hooked, "no_sync", None)
        return nullcontext() if self.sharded or no_sync is None else no_sync()

    def average_gradients(self) -> None:
        """DDP and FSDP have done it."""


class _Hooked(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, work: Work[Result]) -> Result:
        return work(self.network)


def _shard(root: nn.Module, blocks: list[nn.Module], run: Run, accelerator: Accelerator) -> None:
    """Blocks are gathered in the number type they run in; gradients are added up in float32."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    # It warns of in-place operations on what a block returns; there are none.
    warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view tensor")
    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    dtype = torch.bfloat16 if run.precision == "bf16" else None
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for block in blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(root, mesh=mesh)


def whole(tensor: Tensor) -> Tensor:
    """A tensor that FSDP2 spread over the processes, in one piece; every process must call it."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def held_like(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor on the device of `like`, spread over the processes as that is."""
    if not hasattr(like, "placements") or hasattr(tensor, "placements"):
        return tensor.to(like.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)


@torch.no_grad()
def load_held(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Whole tensors, or such as are spread over the processes, into a network that may be spread."""
    held = network.state_dict()
    if held.keys() != state.keys():
        raise ValueError(f"it holds other tensors ({', '.join(sorted(held.keys() ^ state.keys())[:3])}, ...)")
    for name, tensor in held.items():
        tensor.copy_(held_like(state[name], tensor))


def gathered(state: dict[str, Tensor], accelerator: Accelerator) -> dict[str, Tensor]:
    """Whole tensors on the CPU of the main process; nothing in the others. Every process must call it."""
    out = {}
    for name, tensor in state.items():
        tensor = whole(tensor)
        if accelerator.is_main_process:
            out[name] = tensor.cpu()
    return out
