"""Where an encoder computes, in which number type, and how much of its input at a time."""

from __future__ import annotations

import torch
from torch import Tensor

COMPUTING_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def computing_place(
    weight: Tensor, device: torch.device | str | None, dtype: torch.dtype | None
) -> tuple[torch.device, torch.dtype]:
    """Where and in which type to compute: as asked, else as the weights are (float32 if those are 8 bits
    wide).

    A host whose layers cast at use asks; torch.nn's layers can only compute in the place and type of their
    weights.
    """
    stored = weight.dtype if weight.dtype in COMPUTING_TYPES else torch.float32
    return torch.device(weight.device if device is None else device), dtype or stored


def at_once(device: torch.device, most: int) -> int:
    """How many frames or segments a large network is given together: one on a CPU, whose cache then keeps
    what passes from layer to layer (several took up to 1.7 times as long for each), `most` elsewhere.
    """
    return 1 if device.type == "cpu" else most
