"""What this machine multiplies at most, and what it is."""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from kling_foley_core.networks.products import product

ROWS, INNER, COLUMNS = 2048, 1280, 5120  # of an MLP of ViT-H: large enough for the best rate, 27 GFLOP
REPEATS = 5


def matrix_peak(dtype: torch.dtype) -> float:
    """FLOP/s: the best of some runs of torch's linear layer and of ours, with the threads torch has."""
    x, weight = torch.ones(ROWS, INNER, dtype=dtype), torch.ones(COLUMNS, INNER, dtype=dtype)
    with torch.inference_mode():
        seconds = min(_least(F.linear, x, weight), _least(product, x, weight))
    return 2 * ROWS * INNER * COLUMNS / seconds


def described() -> str:
    return (
        f"{_processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"{datetime.date.today()}"
    )


def _least(call: Callable[..., Tensor], *given: Tensor) -> float:
    call(*given)
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        call(*given)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
