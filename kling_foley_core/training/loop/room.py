"""Whether a run's files have room on the disk: asked before the first step."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from torch import Tensor

from ...errors import InputError

COPIES = 2  # of a state: the previous one stays until the new one is complete
EXPORTED = 0.25  # of a state, at most: it holds weights, their averages and two moments


def check_room(folder: Path, state: Any) -> None:
    """`state`: a trainer's, as large at the first step as at the last. Raises InputError."""
    needed = round((COPIES + EXPORTED) * state_bytes(state))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"--out {folder}: the run's state and weights need {needed / 1e6:,.0f} MB, and "
            f"{free / 1e6:,.0f} MB are free; make room, or choose a folder on another disk."
        )


def state_bytes(state: Any) -> int:
    """Of all tensors in nested dicts and lists; of those spread over processes, in all of them together."""
    if isinstance(state, dict):
        return sum(state_bytes(value) for value in state.values())
    if isinstance(state, list | tuple):
        return sum(state_bytes(value) for value in state)
    return state.numel() * state.element_size() if isinstance(state, Tensor) else 0
