"""GPUs and what their makers say of them: memory, and the peak of matrix products of dense matrices.

Sources: NVIDIA's data sheets (nvidia.com/en-us/data-center/a100, /h100, /h200; the SXM versions). For the
H100 and H200 they give 1979 TFLOP/s of bf16 "with sparsity", which is twice that of dense matrices. float32
is without TF32, which torch leaves off.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GPU:
    memory: int  # bytes
    bf16: float  # operations a second
    fp32: float


GPUS = {
    "a100-40": GPU(40 * 10**9, 312e12, 19.5e12),
    "a100-80": GPU(80 * 10**9, 312e12, 19.5e12),
    "h100": GPU(80 * 10**9, 989.5e12, 67e12),
    "h200": GPU(141 * 10**9, 989.5e12, 67e12),
}
