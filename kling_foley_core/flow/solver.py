"""Euler's method along the flow, from noise at t = 0 to data at t = 1 (paper section 4.1: step 0.05, so 20
steps)."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from ..limits import MAX_STEPS
from ..progress import Progress, silent
from .composition import Velocity

LEAST_STRENGTH = 0.01


def time_grid(steps: int, device: torch.device | str = "cpu", strength: float = 1.0) -> Tensor:
    """[steps + 1] float32 times, evenly from 0 to 1; with a strength below 1 from about 1 - strength on: the
    last ones of int(steps / strength) steps, as ComfyUI's KSampler takes its `denoise`."""
    if not 1 <= steps <= MAX_STEPS or steps != int(steps):
        raise InputError(
            f"steps = {steps}: give a whole number from 1 to {MAX_STEPS}; 20 is the paper's number."
        )
    if not LEAST_STRENGTH <= strength <= 1:
        raise InputError(f"strength = {strength}: give {LEAST_STRENGTH} (hardly changed) to 1 (all new).")
    whole = int(steps / strength)
    return torch.linspace(0, 1, whole + 1, dtype=torch.float32, device=device)[-(steps + 1) :]


def euler(velocity: Velocity, x: Tensor, times: Tensor, progress: Progress = silent) -> Tensor:
    """Follows `velocity` from x [B, L, C] at times[0] to times[-1]; time may run either way."""
    steps = len(times) - 1
    for i, (t, t_next) in enumerate(zip(times[:-1], times[1:], strict=True)):
        x = x + (t_next - t).to(x.dtype) * velocity(x, t.expand(x.shape[0]))
        progress("sampling", i + 1, steps)
    return x
