"""Times from noise at t = 0 to data at t = 1, at which the network is evaluated."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import InputError
from ..limits import MAX_STEPS

LEAST_STRENGTH = 0.01


def time_grid(
    steps: int, device: torch.device | str = "cpu", strength: float = 1.0, *, crowding: float = 0.0
) -> Tensor:
    """[steps + 1] float32 times from 0 to 1; with a strength below 1 from about 1 - strength on: the last
    ones of int(steps / strength) steps, as ComfyUI's KSampler takes its `denoise`.

    `crowding` from 0, even steps, to 1, where the steps at both ends vanish and those in the middle are twice
    as long: t = u - crowding sin(2 pi u) / (2 pi). The field turns fastest at both ends, and a solver's error
    is the smallest where all steps make the same. Our choice; ComfyUI's "beta" schedule (Lee et al. 2024)
    crowds alike.
    """
    if not 1 <= steps <= MAX_STEPS or steps != int(steps):
        raise InputError(
            f"steps = {steps}: give a whole number from 1 to {MAX_STEPS}, or none for what suits the solver."
        )
    if not LEAST_STRENGTH <= strength <= 1:
        raise InputError(f"strength = {strength}: give {LEAST_STRENGTH} (hardly changed) to 1 (all new).")
    whole = int(steps / strength)
    if crowding == 0:
        times = torch.linspace(0, 1, whole + 1, dtype=torch.float32, device=device)
    else:
        even = torch.linspace(0, 1, whole + 1, dtype=torch.float64)
        times = (even - crowding / math.tau * torch.sin(math.tau * even)).float().to(device)
    return times[-(steps + 1) :]
