"""Convolutions over time, torch's own and in tiles: python benchmarks/convolutions.py

Milliseconds, the fastest of some alternating runs, and the error against float64 (rms, of the output's). The
weights of a run are not in the cache from the run before. Shapes: 345 frames are 8 s, 64 their pictures; of
MMAudio's large model and of `small`; a batch of 2 is guidance.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

from kling_foley_core.networks.convolution import tiled

LAYERS = 3  # with weights of their own
SHAPES = (  # batch, tokens, width, channels, kernel
    (2, 345, 896, 2560, 3),
    (2, 345, 2560, 896, 3),
    (2, 345, 896, 896, 3),
    (2, 345, 896, 2560, 7),
    (8, 345, 896, 2560, 3),
    (1, 345, 896, 2560, 3),
    (2, 64, 896, 2560, 3),
    (1, 64, 896, 2560, 3),
    (2, 345, 40, 896, 7),
    (2, 345, 896, 40, 7),
    (2, 345, 192, 256, 3),
    (1, 345, 192, 256, 3),
    (2, 64, 192, 256, 3),
)


def plain(x: Tensor, layer: nn.Conv1d) -> Tensor:
    return layer(x.transpose(1, 2)).transpose(1, 2)


def fast(x: Tensor, layer: nn.Conv1d) -> Tensor:
    return tiled(x, layer.weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| batch, tokens, in, out, kernel | torch, ms | tiles, ms | ratio | error, torch | error, tiles |")
    print("|---|---|---|---|---|---|")
    for shape in SHAPES:
        print(_row(*shape, options.times), flush=True)


@torch.inference_mode()
def _row(batch: int, tokens: int, width: int, channels: int, kernel: int, times: int) -> str:
    torch.manual_seed(0)
    x = torch.randn(batch, tokens, width)
    layers = [nn.Conv1d(width, channels, kernel, padding=kernel // 2, bias=False) for _ in range(LAYERS)]
    took = {plain: float("inf"), fast: float("inf")}
    for _ in range(times):
        for layer in layers:
            for way in took:
                began = time.perf_counter()
                way(x, layer)
                took[way] = min(took[way], time.perf_counter() - began)
    first = layers[0]
    results = [way(x[:1], first) for way in took]
    want = plain(x[:1].double(), first.double())
    errors = [float((made - want).norm() / want.norm()) for made in results]
    own, tiles = (1e3 * seconds for seconds in took.values())
    return (
        f"| {batch}, {tokens}, {width}, {channels}, {kernel} | {own:.1f} | {tiles:.1f} | {tiles / own:.2f} "
        f"| {errors[0]:.1e} | {errors[1]:.1e} |"
    )


if __name__ == "__main__":
    main()
