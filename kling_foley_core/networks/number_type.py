"""The number type that encoders and generator run in: what was asked for, or the faster of float32 and
bfloat16.

Whether a processor multiplies bfloat16 faster is timed, never read off a flag: some that say they can do it
take several times as long as for float32.
"""

from __future__ import annotations

import time
from functools import lru_cache

import torch

from ..errors import InputError

AUTO = "auto"
NUMBER_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SHAPE = (512, 896, 896)  # of the product that is timed: a linear layer of MMAudio's over 6 s of sound
RUNS = 3
FASTER = 1.3  # times: less could change from run to run, and with it what a seed sounds like


def checked_number_type(asked: str | torch.dtype | None) -> torch.dtype | None:
    """None: to be chosen. InputError for what the networks can't run in: T5 overflows in float16, and 8 bits
    are for keeping weights alone."""
    if asked in (None, AUTO):
        return None
    chosen = NUMBER_TYPES.get(asked, asked) if isinstance(asked, str) else asked
    if chosen not in NUMBER_TYPES.values():
        raise InputError(f"dtype {asked}: use {AUTO}, {' or '.join(NUMBER_TYPES)}.")
    return chosen


def usual_number_type(device: torch.device, *, small: bool) -> torch.dtype:
    """bfloat16 on CUDA, and on processors that multiply it faster; else float32. `small` systems gain nothing
    from it on a processor, and stay as they were measured."""
    if device.type == "cuda":
        return torch.bfloat16
    if device.type == "cpu" and not small and bfloat16_is_faster():
        return torch.bfloat16
    return torch.float32


@lru_cache(maxsize=1)
def bfloat16_is_faster() -> bool:
    """On this machine's processor, and clearly; takes some milliseconds, once a process."""
    return FASTER * _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    """The quickest of some products, after one that warms up."""
    rows, inner, columns = SHAPE
    x, weight = torch.ones(rows, inner, dtype=dtype), torch.ones(columns, inner, dtype=dtype)
    best = float("inf")
    for _ in range(1 + RUNS):
        begin = time.perf_counter()
        torch.nn.functional.linear(x, weight)
        best = min(best, time.perf_counter() - begin)
    return best
