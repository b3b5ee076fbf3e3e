"""Convolutions over time on tokens [B, N, C], on a processor with half the multiplications.

A convolution of kernel r gives m neighbouring outputs from m + r - 1 inputs. Computed one by one they take
m r products of weight matrix and token; Winograd's minimal filtering (Lavin and Gray 2016, arXiv:1509.09308)
takes m + r - 1: sums of inputs (matrix B) and of weights (G) are multiplied, and the products summed up to
the outputs (A). The matrices come from m + r - 2 points of interpolation, by Toom and Cook; small points of
both signs keep the rounding error at that of torch's own convolution (docs/speed.md).

The weights are brought to sums some output channels at a time, while they are in the cache, and are not kept:
kept, they would take twice the memory. That work is the same for few tokens as for many, so few are left to
torch. So are other devices (their libraries have this already), gradients and half precision.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import prod
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layer_weights import with_weights
from .products import product, products, quick

FEWEST = 256  # tokens of a batch; below, on two AVX2 cores, torch's own is as fast (docs/speed.md)
NARROWEST = 256  # channels on either side; below, it costs more and rounds worse
CHANNELS = 256  # output channels at a time
HALF = Fraction(1, 2)
POINTS = {  # by kernel: outputs of a tile, points of interpolation; one more point lies at infinity
    3: (4, (0, 1, -1, HALF, -HALF)),
    7: (2, (0, 1, -1, 2, -2, HALF, -HALF)),
}


class Tiles(NamedTuple):
    """y = A ((G w) * (B x)) for a tile of m outputs: `outputs` A [m, n], `weights` G [n, r], `inputs` B [n,
    n], n = m + r - 1."""

    outputs: Tensor
    weights: Tensor
    inputs: Tensor


def over_time(convolution: nn.Module, x: Tensor, kept: Tensor | None = None) -> Tensor:
    """Applies a Conv1d that keeps the length to x [B, N, C] along N. `kept` [1, N, 1]: what is not padding,
    which the convolution sees as zeros, like what lies beyond the ends."""
    if kept is not None:
        x = x.masked_fill(~kept, 0)
    if _of_one_tap(convolution, x):
        return with_weights(convolution, x, lambda weight, bias: product(x, weight.squeeze(2), bias))
    if _suits(convolution, x):

        def work(weight: Tensor, bias: Tensor | None) -> Tensor:
            y = tiled(x, weight)
            return y if bias is None else y + bias

        return with_weights(convolution, x, work)
    return convolution(x.transpose(1, 2)).transpose(1, 2)


def _of_one_tap(layer: nn.Module, x: Tensor) -> bool:
    """Whether the layer is a matrix product of each token, which torch would not see in it."""
    return _is_plain(layer) and layer.kernel_size == (1,) and _is_wide(layer) and quick(x)


def _is_plain(layer: nn.Module) -> bool:
    """Whether the layer is a convolution that keeps the length, with zeros beyond the ends."""
    return (
        isinstance(layer, nn.Conv1d)
        and "forward" not in vars(layer)  # ComfyUI's LoRA bypass puts another there, which wants a tensor
        and not layer._forward_hooks  # they want [B, C, N]; a hook before it only watches, as a host's does
        and layer.padding == (layer.kernel_size[0] // 2,)
        and (layer.stride, layer.dilation, layer.groups) == ((1,), (1,), 1)
        and layer.padding_mode == "zeros"
    )


def _is_wide(layer: nn.Conv1d) -> bool:
    return min(layer.in_channels, layer.out_channels) >= NARROWEST


def _suits(layer: nn.Module, x: Tensor) -> bool:
    """Whether the layer convolves as `tiled` does, and it is worth it."""
    return (
        _is_plain(layer)
        and layer.kernel_size[0] in POINTS
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and x.shape[0] * x.shape[1] >= FEWEST
        and _is_wide(layer)
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()  # it would write out every piece
    )


def tiled(x: Tensor, weight: Tensor) -> Tensor:
    """x [B, N, C], weight [D, C, r] -> [B, N, D], with zeros around x; r is one of POINTS."""
    (batch, length, width), (channels, _, kernel) = x.shape, weight.shape
    tiles = tiles_of(kernel)
    m, n = tiles.outputs.shape
    count = -(-length // m)  # tiles of an item; the last may reach beyond its end
    spread = _spread(x, count, m, kernel).view(n, -1)
    inputs = (tiles.inputs @ spread).view(n, batch * count, width)
    rows = batch * count
    y = x.new_empty(batch, count, m, channels)
    some = min(CHANNELS, channels)
    # One piece of memory for all pieces of work: fresh memory costs as much as the work itself.
    sums, multiplied, made = (x.new_empty(some * size) for size in (n * width, n * rows, m * rows))
    for first in range(0, channels, some):
        part = weight[first : first + some]
        halves = 2 - len(part) % 2  # MKL gives small sums of many numbers to one processor each
        size = len(part) // halves
        summed = sums[: n * len(part) * width].view(halves, n, -1)
        torch.bmm(tiles.weights.expand(halves, n, kernel), part.reshape(halves, -1, kernel).mT, out=summed)
        in_tiles = multiplied[: n * rows * len(part)].view(halves, n, rows, size)
        for half in range(halves):
            products(inputs, summed[half].view(n, size, width), out=in_tiles[half])
        out = made[: m * rows * len(part)].view(halves, m, -1)
        torch.bmm(tiles.outputs.expand(halves, m, n), in_tiles.view(halves, n, -1), out=out)
        piece = y[..., first : first + some].unflatten(-1, (halves, size))
        piece.copy_(out.view(halves, m, batch, count, size).permute(2, 3, 1, 0, 4))
    return y.view(batch, count * m, channels)[:, :length]


def _spread(x: Tensor, count: int, m: int, kernel: int) -> Tensor:
    """[B, N, C] -> [m + r - 1, B, tiles, C]: the tokens that each tile sees, zeros beyond the ends."""
    before = kernel // 2
    reach = count * m + kernel - 1
    padded = F.pad(x, (0, 0, before, reach - before - x.shape[1]))
    return torch.stack([padded[:, i : i + count * m : m] for i in range(m + kernel - 1)])


@cache
def tiles_of(kernel: int) -> Tiles:
    """The three matrices, computed in fractions, float32."""
    m, points = POINTS[kernel][0], [Fraction(p) for p in POINTS[kernel][1]]
    others = [[q for q in points if q != p] for p in points]
    scales = [prod(p - q for q in rest) for p, rest in zip(points, others, strict=True)]
    at_infinity = [Fraction(0)] * (kernel - 1) + [Fraction(1)]
    return Tiles(
        outputs=_matrix([[p**i for p in points] + [Fraction(i == m - 1)] for i in range(m)]),
        weights=_matrix(
            [[p**k / scale for k in range(kernel)] for p, scale in zip(points, scales, strict=True)]
            + [at_infinity]
        ),
        inputs=_matrix([_coefficients(roots, len(points) + 1) for roots in (*others, points)]),
    )


def _coefficients(roots: list[Fraction], length: int) -> list[Fraction]:
    """Of the polynomial with these roots, the constant first."""
    found = [Fraction(1)]
    for root in roots:
        found = [up - root * same for up, same in zip([0, *found], [*found, 0], strict=True)]
    return found + [Fraction(0)] * (length - len(found))


def _matrix(rows: list[list[Fraction]]) -> Tensor:
    return torch.tensor([[float(value) for value in row] for row in rows], dtype=torch.float32, device="cpu")
