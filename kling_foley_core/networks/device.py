"""Where the networks run."""

from __future__ import annotations

import torch

from ..errors import InputError


def checked_device(device: torch.device | str | None) -> torch.device:
    """The device asked for, or the best there is: cuda (NVIDIA and AMD), else mps (Apple), else cpu."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    usable = ", ".join(name for name, found in there.items() if found)
    if device is None:
        return torch.device(next(name for name, usable in there.items() if usable))
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"device {device}: torch knows no such device; use cuda, mps or cpu.") from error
    try:
        torch.zeros(1, device=chosen).cpu()  # also what is not in the list: a torch built for it has it
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            f"device {device}: torch can't use it on this machine; it can use {usable}."
        ) from error
    return chosen
