"""Fade in and fade out: half a cosine each, from silence to the full level."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import PIECE, let_go, piecewise


def faded(wave: Tensor, rate: int, fade_in: float, fade_out: float) -> Tensor:
    """[C, N] with its first and last seconds faded; InputError where the two don't fit into it."""
    samples = wave.shape[1]
    check_fades(samples / rate, fade_in, fade_out)
    head = round(fade_in * rate)
    tail = min(round(fade_out * rate), samples - head)
    if not head and not tail:
        return wave
    wave = piecewise(torch.clone, wave)
    for begin in range(0, head, PIECE):
        part = wave[:, begin : min(begin + PIECE, head)]
        part *= _rise(begin, part.shape[1], head)
    for left in range(0, tail, PIECE):  # steps from the end
        part = wave[:, samples - min(left + PIECE, tail) : samples - left]
        part *= _rise(left, part.shape[1], tail).flip(0)
    let_go(wave)
    return wave


def check_fades(seconds: float | Fraction, fade_in: float, fade_out: float) -> None:
    """InputError unless the two fit into a sound of `seconds`."""
    if fade_in + fade_out > seconds:
        raise InputError(
            f"fades of {fade_in:g} s and {fade_out:g} s: the sound has {float(seconds):.3f} s; shorten them."
        )


def _rise(begin: int, count: int, samples: int) -> Tensor:
    """Of a rise over `samples` those from `begin` on, `count` of them."""
    phase = (torch.arange(begin, begin + count, dtype=torch.float64) + 0.5) / samples
    return ((1 - torch.cos(math.pi * phase)) / 2).float()
