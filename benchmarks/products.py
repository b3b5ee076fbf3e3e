"""Linear layers and attention, torch's own and ours: python benchmarks/products.py

TFLOP/s of the fastest of some alternating runs, in float32 and bfloat16, and the difference to float64 (rms,
as a share of the output's). Shapes: one picture of CLIP ViT-H, one segment of Synchformer, 8 s of MMAudio's
large model under guidance.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from kling_foley_core.networks.attention import in_products
from kling_foley_core.networks.products import one_dnn, product

LINEAR = (  # rows, inputs, outputs
    (730, 1280, 3840),
    (730, 1280, 5120),
    (730, 5120, 1280),
    (1569, 768, 2304),
    (1569, 3072, 768),
    (690, 896, 2688),
    (2, 896, 5376),
)
ATTENTION = (  # batch, heads, queries, keys, width
    (1, 16, 730, 730, 80),
    (196, 12, 8, 9, 64),
    (8, 12, 196, 197, 64),
    (2, 14, 486, 486, 64),
)
TYPES = (torch.float32, torch.bfloat16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"oneDNN chosen here for wide layers: {'yes' if one_dnn() else 'no'}")
    print("| what | in | torch | ours | ours / torch, time | error, torch | error, ours |")
    print("|---|---|---|---|---|---|---|")
    for dtype in TYPES:
        for shape in LINEAR:
            print(_linear(shape, dtype, options.times), flush=True)
    for shape in ATTENTION:
        print(_attention(shape, options.times), flush=True)


@torch.inference_mode()
def _linear(shape: tuple[int, ...], dtype: torch.dtype, times: int) -> str:
    rows, inputs, outputs = shape
    torch.manual_seed(0)
    x = torch.randn(1, rows, inputs).to(dtype)
    weight, bias = (torch.randn(outputs, inputs) / inputs**0.5).to(dtype), torch.randn(outputs).to(dtype)
    want = F.linear(x.double(), weight.double(), bias.double())
    ways = [lambda: F.linear(x, weight, bias), lambda: product(x, weight, bias)]
    name = f"linear {rows} x {inputs} -> {outputs}"
    return _row(name, dtype, ways, want, 2 * rows * inputs * outputs, times)


@torch.inference_mode()
def _attention(shape: tuple[int, ...], times: int) -> str:
    batch, heads, n, m, width = shape
    torch.manual_seed(0)
    q, k, v = (torch.randn(batch, rows, heads, width).transpose(1, 2).bfloat16() for rows in (n, m, m))
    want = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    ways = [lambda: F.scaled_dot_product_attention(q, k, v), lambda: in_products(q, k, v)]
    name = f"attention {batch} x {heads}, {n} to {m}, width {width}"
    return _row(name, torch.bfloat16, ways, want, 4 * batch * heads * n * m * width, times)


def _row(
    name: str, dtype: torch.dtype, ways: list[Callable[[], Tensor]], want: Tensor, flop: int, times: int
) -> str:
    errors = [float((way().double() - want).norm() / want.norm()) for way in ways]
    took = [float("inf")] * len(ways)
    for _ in range(times):
        for i, way in enumerate(ways):
            began = time.perf_counter()
            way()
            took[i] = min(took[i], time.perf_counter() - began)
    own, ours = (flop / seconds / 1e12 for seconds in took)
    return (
        f"| {name} | {str(dtype).removeprefix('torch.')} | {own:.3f} | {ours:.3f} | {took[1] / took[0]:.2f} "
        f"| {errors[0]:.1e} | {errors[1]:.1e} |"
    )


if __name__ == "__main__":
    main()
