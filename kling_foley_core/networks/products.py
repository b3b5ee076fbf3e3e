"""Matrix products of wide layers on a processor: x [..., K], weight [N, K], bias [N] -> [..., N].

torch gives float32 products to MKL, which takes up to twice as long as oneDNN on AMD's processors with
AVX-512 (docs/speed.md). oneDNN multiplies them through the operation that torch's compiler writes for a
linear layer. The choice goes by processor and sizes, never by a timing, so that a seed gives the same sound
in every run. Where torch lacks the operation, where something is learned and while torch traces, it is
F.linear.
"""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

NARROWEST = 256  # numbers on either side of the weight; below, there is nothing to gain
TYPES = (torch.float32, torch.bfloat16)
CPUINFO = Path("/proc/cpuinfo")
ZEN_5 = 26  # AMD's number of the family


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight' + bias."""
    if suits(x, weight):
        return _by_one_dnn(x, weight, bias)
    return F.linear(x, weight, bias)


def product_gelu(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """GELU of it, taken while the numbers are in the cache."""
    if suits(x, weight):
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "none")
    return F.gelu(F.linear(x, weight, bias))


def products(x: Tensor, weights: Tensor, out: Tensor) -> Tensor:
    """x [n, R, K], weights [n, N, K] -> out [n, R, N]: x weights' of each of the n."""
    large = weights.shape[1] * weights.shape[2] >= NARROWEST**2
    if large and weights.is_contiguous() and quick(x, weights) and mkl_is_slow():
        for made, rows, weight in zip(out, x, weights, strict=True):
            made.copy_(_by_one_dnn(rows, weight))
        return out
    return torch.bmm(x, weights.mT, out=out)


def suits(x: Tensor, weight: Tensor) -> bool:
    """A weight that is not one stretch of memory oneDNN multiplies number by number, a thousand times
    slower."""
    return (
        min(weight.shape) >= NARROWEST
        and weight.is_contiguous()
        and x.dim() > 1
        and x.numel() > 0
        and quick(x, weight)
    )


def quick(x: Tensor, *others: Tensor) -> bool:
    """Whether oneDNN is the faster one for tensors of this place and type, and nothing is learned or
    traced."""
    return (
        x.device.type == "cpu"
        and x.dtype in TYPES
        and all(y.dtype == x.dtype for y in others)
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and one_dnn()
    )


@lru_cache(maxsize=1)
def one_dnn() -> bool:
    """Whether this torch has the operation, and this processor the instructions for which it is faster."""
    return (
        torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


@lru_cache(maxsize=1)
def mkl_is_slow() -> bool:
    """Whether MKL takes twice as long as oneDNN, so that even many small products gain: on AMD's processors
    whose AVX-512 computes 512 bits at once, half of which MKL leaves alone there."""
    return one_dnn() and amd_family() >= ZEN_5


def amd_family() -> int:
    """The family of the processor, by which AMD numbers its designs; 0: another maker's, or the system does
    not tell."""
    try:
        told = CPUINFO.read_text()
    except OSError:
        told = platform.processor()  # Windows: "AMD64 Family 26 Model 68 Stepping 0, AuthenticAMD"
    family = re.search(r"family\s*:?\s*(\d+)", told, re.IGNORECASE)
    return int(family[1]) if family and "AuthenticAMD" in told else 0


def _by_one_dnn(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
