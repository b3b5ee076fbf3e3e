"""BigVGAN on a CPU: the same generator, computed on [T, C] tensors, each layer in pieces that fit the cache.

    mel [B, n_mels, T] -> wave [B, 1, T * hop]

A layer is an activation and the convolution behind it: for each piece of time the activation is made of the
tensor before it, with the neighbours that the convolution reaches, and goes into the convolution at once.
Equal to `BigVGAN.forward`'s plain form up to the order of float sums. It computes in float32 (or float64),
whatever the mel's type: bfloat16 would round the transforms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .activations import AntiAliasedSnake
from .short_fourier import Room
from .time_major_conv import convolve, upsampled
from .time_major_snake import TimeMajorSnake

if TYPE_CHECKING:
    from .bigvgan import AMPBlock, BigVGAN


def suits(mel: Tensor) -> bool:
    """On a CPU, where nothing is learned and nothing compiled."""
    return mel.device.type == "cpu" and not torch.is_grad_enabled() and not torch.compiler.is_compiling()


def decode(net: BigVGAN, mel: Tensor) -> Tensor:
    """The wave before its last function, tanh or clamp; one item after the other."""
    return torch.stack([_decode_one(net, item).t() for item in mel]).to(mel.dtype)


def _decode_one(net: BigVGAN, mel: Tensor) -> Tensor:
    x = net.conv_pre(mel[None])[0].t().contiguous()
    with torch.autocast("cpu", enabled=False):
        return _upsampled_to_wave(net, x.to(torch.promote_types(x.dtype, torch.float32)))


def _upsampled_to_wave(net: BigVGAN, x: Tensor) -> Tensor:
    room, branches = Room(), len(net.config.residual_kernels)
    for i, up in enumerate(net.ups):
        x = upsampled(up[0], x)
        blocks = net.resblocks[i * branches : (i + 1) * branches]
        total = _block(blocks[0], x, room)
        for block in blocks[1:]:
            total += _block(block, x, room)
        x = total.div_(branches)
    wave = x.new_empty(len(x), 1)
    _layer(net.activation_post, net.conv_post, x, room, wave)
    return wave


def _block(block: AMPBlock, x: Tensor, room: Room) -> Tensor:
    inner, result = torch.empty_like(x), torch.empty_like(x)
    for i, (first, second) in enumerate(zip(block.convs1, block.convs2, strict=True)):
        _layer(block.activations[2 * i], first, x, room, inner)
        _layer(block.activations[2 * i + 1], second, inner, room, result, add=x)
        x = result
    return x


def _layer(
    activation: AntiAliasedSnake,
    layer: nn.Conv1d,
    x: Tensor,
    room: Room,
    out: Tensor,
    add: Tensor | None = None,
) -> None:
    """out = layer(activation(x)) + add; `out` may be `add`, not `x`."""
    snake = TimeMajorSnake(activation, x)

    def take(start: int, stop: int, made: Tensor) -> None:
        if add is None:
            out[start:stop] = made
        else:
            torch.add(add[start:stop], made, out=out[start:stop])

    convolve(layer, x, lambda start, stop: snake.rows(x, start, stop), take, room)
