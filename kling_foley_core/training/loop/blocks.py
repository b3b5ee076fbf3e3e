"""What is done to a network's blocks before training: activation checkpointing and torch.compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from ...errors import InputError
from ..recipe import Run


def check_compile(run: Run, device: torch.device) -> None:
    """Compiled for a CPU (torch 2.14), the backward pass of a joint block in bfloat16 gives NaN; in float32
    it is right."""
    if run.compile and run.precision == "bf16" and device.type == "cpu":
        raise InputError(
            "run.compile = true with run.precision = bf16 gives wrong gradients on a CPU; set one of "
            "run.compile=false and run.precision=fp32."
        )


def prepare_block(block: nn.Module, run: Run) -> None:
    """Replaces the block's `forward`, not the block: names of weights stay, and the hooks of FSDP run
    outside, so that a block is gathered before it is recomputed."""
    if run.activation_checkpointing:
        block.forward = recomputed(block.forward)  # type: ignore[method-assign]
    if run.compile:
        block.forward = torch.compile(block.forward)  # type: ignore[method-assign]


def recomputed(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The same, keeping its inputs alone for the backward pass (activation checkpointing)."""

    def checkpointed(*given: Any) -> Any:
        return (
            checkpoint(forward, *given, use_reentrant=False) if torch.is_grad_enabled() else forward(*given)
        )

    return checkpointed
