"""The host's AUDIO: {"waveform": float32 [B, C, N] on the CPU within -1..1, "sample_rate": int}."""

from __future__ import annotations

from fractions import Fraction
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ...kling_foley_core.errors import InputError
from ...kling_foley_core.limits import MAX_FILM_SECONDS, MAX_SAMPLING_RATE, MIN_SAMPLING_RATE

NOTE = "foley_note"  # key of an AUDIO or a LATENT: sentences about the sound that Foley Preview shows
ENDS_TOGETHER = Fraction(1, 10)  # seconds: codecs pad a track's end by less


def lengths_apart(heard: Fraction, seen: Fraction, *, longer: str, shorter: str) -> list[str]:
    """What to say where a sound of `heard` seconds goes with a video of `seen`; `longer`, `shorter`: what
    becomes of it."""
    if abs(heard - seen) <= ENDS_TOGETHER:
        return []
    follows = longer if heard > seen else shorter
    return [f"The sound is {float(heard):.2f} s long, the video {float(seen):.2f} s: {follows}."]


def noted(*notes: str | None) -> dict[str, str]:
    """What an AUDIO or a LATENT gets for its notes; nothing where there are none."""
    text = " ".join(filter(None, notes))
    return {NOTE: text} if text else {}


def audio_of(wave: Tensor, sampling_rate: int) -> dict[str, Any]:
    """As the host's savers want it: they neither clamp nor move nor copy."""
    return {"waveform": wave.float().clamp(-1, 1).cpu().contiguous(), "sample_rate": sampling_rate}


def wave_of(audio: dict[str, Any] | None, name: str, most: int = MAX_FILM_SECONDS) -> tuple[Tensor, int]:
    """(waveform, rate), or an error that says what is wrong with the AUDIO called `name`; `most`: seconds."""
    if audio is None:
        raise InputError(
            f"{name}: there is no sound (a video without a sound track gives none); connect one that has."
        )
    wave, rate = audio["waveform"], audio["sample_rate"]
    if wave.ndim != 3 or 0 in wave.shape:
        raise InputError(
            f"{name}: its waveform is {tuple(wave.shape)}, but [batch, channels, samples] is needed, each 1 "
            "or more; connect a sound that is not empty."
        )
    if not wave.is_floating_point():
        raise InputError(f"{name}: its samples are {wave.dtype}, but floating point within -1..1 is needed.")
    if not (isinstance(rate, Real) and MIN_SAMPLING_RATE <= rate <= MAX_SAMPLING_RATE and rate == int(rate)):
        raise InputError(
            f"{name}: its sample_rate is {rate}, but a whole number from {MIN_SAMPLING_RATE} to "
            f"{MAX_SAMPLING_RATE} is needed; check the node that made it."
        )
    if wave.shape[2] > most * rate:
        raise InputError(
            f"{name}: it is {wave.shape[2] / rate:.0f} s long (at {rate} samples a second), more than the "
            f"{most} s that are taken at once; cut it."
        )
    if not bool(torch.isfinite(wave).all()):
        raise InputError(f"{name}: it has samples that are NaN or infinite; check the node that made it.")
    return wave, int(rate)
