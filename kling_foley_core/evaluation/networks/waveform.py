"""What the networks of single sounds hear: the mean of the channels, centred, at the network's rate, cut.

sound [C, N] -> [M] float32 on the CPU. Order of the steps as in the public av-benchmark: the whole sound's
mean is taken off before resampling, and the cut comes last.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import InputError
from .sinc import sinc_resampled


def mono(sound: Tensor, rate: int, wanted: int, seconds: float, *, centred: bool = True) -> Tensor:
    """The first int(wanted * seconds) samples, fewer of a shorter sound; nothing is padded."""
    checked(sound, rate)
    wave = sound.detach().to("cpu", torch.float32).mean(0)
    if centred:
        wave = wave - wave.mean()
    return sinc_resampled(wave, rate, wanted, int(wanted * seconds))


def checked(sound: Tensor, rate: int) -> None:
    """InputError for what is no sound."""
    if sound.ndim != 2 or 0 in sound.shape:
        raise InputError(
            f"sound has shape {list(sound.shape)}; give [channels, samples] of one or more each."
        )
    if rate < 1:
        raise InputError(f"rate = {rate}: give samples a second, for example 44100.")
    if not torch.isfinite(sound).all():
        raise InputError("the sound has samples that are not numbers; make it again or leave it out.")


def long_enough(wave: Tensor, least: int, rate: int, heading: str) -> Tensor:
    """The wave; InputError where it has fewer than `least` samples."""
    if len(wave) < least:
        raise InputError(
            f"the sound has {len(wave) / rate:.3g} s, but {heading} needs {least / rate:.3g} s or more; "
            "give a longer one."
        )
    return wave
