"""What this machine multiplies at most, and what it is."""

from __future__ import annotations

import datetime
import platform
import time
from pathlib import Path

import torch
import torch.nn.functional as F

ROWS, INNER, COLUMNS = 2048, 1280, 5120  # of an MLP of ViT-H: large enough for the best rate, 27 GFLOP
REPEATS = 5


def matrix_peak(dtype: torch.dtype) -> float:
    """FLOP/s: the best of some runs of F.linear and of a matrix product, with the threads torch has."""
    x, weight = torch.ones(ROWS, INNER, dtype=dtype), torch.ones(COLUMNS, INNER, dtype=dtype)
    flop = 2 * ROWS * INNER * COLUMNS
    return max(flop / _least(lambda: F.linear(x, weight)), flop / _least(lambda: x @ weight.T))


def described() -> str:
    return (
        f"{_processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"{datetime.date.today()}"
    )


def _least(call) -> float:
    call()
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
