"""Fade in and fade out: half a cosine each, from silence to the full level."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError


def faded(wave: Tensor, rate: int, fade_in: float, fade_out: float) -> Tensor:
    """[C, N] with its first and last seconds faded; InputError where the two don't fit into it."""
    samples = wave.shape[1]
    check_fades(samples / rate, fade_in, fade_out)
    head = round(fade_in * rate)
    tail = min(round(fade_out * rate), samples - head)
    if not head and not tail:
        return wave
    wave = wave.clone()
    wave[:, :head] *= _rise(head)
    wave[:, samples - tail :] *= _rise(tail).flip(0)
    return wave


def check_fades(seconds: float | Fraction, fade_in: float, fade_out: float) -> None:
    """InputError unless the two fit into a sound of `seconds`."""
    if fade_in + fade_out > seconds:
        raise InputError(
            f"fades of {fade_in:g} s and {fade_out:g} s: the sound has {float(seconds):.3f} s; shorten them."
        )


def _rise(samples: int) -> Tensor:
    phase = (torch.arange(samples, dtype=torch.float64) + 0.5) / max(samples, 1)
    return ((1 - torch.cos(math.pi * phase)) / 2).float()
