"""Convolutions over [T, C] tensors, in pieces of time that stay in the processor's cache.

    convolve: Conv1d that keeps the length, of rows that are made as they are needed
    upsampled: x [T, C_in] -> [T * stride, C_out], a ConvTranspose1d

With the channels side by side a piece is one stretch of memory, and its neighbours are read where they lie.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.layer_weights import with_weights
from ..networks.products import one_dnn, product
from .short_fourier import FourierConvolution, Room

PIECE = 2**20  # bytes of a piece of the input: what is made of it on the way fits beside it ...
LEAST = 2750  # ... but no fewer rows: matrix products that pay for reading their weights
LONG = 600  # kernel * channels from which short Fourier transforms are faster ...
MANY = 1024  # ... and rows from which they are worth transforming the weights
SHORT = (
    3  # taps that oneDNN convolves faster than they are transformed, where its products are the faster ones
)


class PlainConvolution:
    """x [T, C_in] -> [T - (K - 1) * dilation, C_out]."""

    step = 1

    def __init__(self, weight: Tensor, dilation: int) -> None:
        self.weight = weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        self.dilation = dilation

    def __call__(self, x: Tensor) -> Tensor:
        return F.conv2d(x.t()[None, :, None], self.weight, dilation=self.dilation)[0, :, 0].t()


def convolve(
    layer: nn.Conv1d,
    like: Tensor,
    rows: Callable[[int, int], Tensor],
    take: Callable[[int, int, Tensor], None],
    room: Room,
) -> None:
    """The layer's convolution of a [T, C_in] tensor of which `rows(start, stop)` makes the rows start to
    stop - 1, as long and of the type of `like` [T, any]; `take(start, stop, result)` is given each piece."""
    dilation, length = layer.dilation[0], len(like)

    def work(weight: Tensor, bias: Tensor | None) -> None:
        kernel, channels = weight.shape[2], weight.shape[1]
        long = kernel * channels >= LONG and length >= MANY and not (kernel <= SHORT and one_dnn())
        weight = weight.to(like)
        convolution = (
            FourierConvolution(weight, dilation, room) if long else PlainConvolution(weight, dilation)
        )
        reach = (kernel - 1) // 2 * dilation
        for start, stop in pieces(length, channels * like.element_size(), convolution.step):
            whole = start + math.ceil((stop - start) / convolution.step) * convolution.step
            left, right = max(start - reach, 0), min(whole + reach, length)
            given = rows(left, right)[: right - left]
            padding = (left - start + reach, whole + reach - right)
            if any(padding):
                given = F.pad(given, (0, 0, *padding))
            made = convolution(given)[: stop - start]
            take(start, stop, made if bias is None else made.add_(bias.to(like)))

    with_weights(layer, like, work)


def pieces(length: int, row_bytes: int, step: int) -> list[tuple[int, int]]:
    """(start, stop) of each: about PIECE bytes, nearly equal, all but the last whole steps."""
    count = math.ceil(length / max(PIECE // row_bytes, LEAST))
    rows = math.ceil(length / count / step) * step
    return [(start, min(start + rows, length)) for start in range(0, length, rows)]


def upsampled(layer: nn.ConvTranspose1d, x: Tensor) -> Tensor:
    """`stride` rows for each row of x: as many matrix products as the kernel has strides."""
    stride, padding, length = layer.stride[0], layer.padding[0], len(x)

    def work(weight: Tensor, bias: Tensor | None) -> Tensor:
        weight = F.pad(weight.to(x), (0, -weight.shape[2] % stride)).unflatten(2, (-1, stride))
        given, made, shifts, _ = weight.shape
        y = x.new_zeros(length + shifts - 1, stride, made)
        if bias is not None:
            y += bias.to(x)
        for shift in range(shifts):
            rows = weight[:, :, shift].permute(2, 1, 0).reshape(stride * made, given)
            y[shift : shift + length].flatten(1).add_(product(x, rows))
        return y.view(-1, made)[padding : padding + length * stride]

    return with_weights(layer, x, work)
