"""The generated sound and the film's own as one sound, and the stems that add up to it.

Order: gains, ducking, fades, sum, loudness of the sum, true-peak limit. What acts on the sum (loudness,
limit) acts on every stem alike, so that the stems' sum is the sound, sample for sample. Our choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import PIECE, piecewise
from .ducking import SPEECH, ducked
from .fades import faded
from .levels import Levels, levels_of
from .limiter import CEILING_DBTP, limited
from .loudness import BLOCK_SECONDS, integrated_loudness
from .own_sound import aligned, mixing_rate
from .settings import KEEP, MIX, REPLACE, MixSettings

GENERATED, OWN = "generated", "own"  # stems

_TOLERANCE = 0.05  # LU from the target
_ROUNDS = 6  # of raising what the limiter takes away
_TOO_FAR = 0.1  # LU from the target that users are told of


@dataclass(frozen=True, eq=False)
class Mix:
    """sound float32 [C, N] at `rate`; `stems` of the same shape by name, with own sound 'replace' and 'mix'
    they add up to the sound; `levels` of the sound; sentences for users."""

    sound: Tensor
    rate: int
    stems: dict[str, Tensor]
    levels: Levels
    notes: tuple[str, ...]


def mixed(generated: tuple[Tensor, int], own: tuple[Tensor, int] | None, settings: MixSettings) -> Mix:
    """Each sound is (wave [C, N], rate), C = 1 or 2, both from the same moment on; `own` None: there is
    none, which goes with own sound 'replace' only.

    The result is as long as the generated sound; its rate is `mixing_rate`, and it is mono where both are.
    InputError for other channels, a missing own sound, and fades longer than the sound.
    """
    _check(generated, own, settings)
    (wave, rate), needs_own = generated, settings.own_sound != REPLACE
    if not needs_own:
        stem = faded(_amplified(wave, settings.gain_db), rate, settings.fade_in, settings.fade_out)
        stems, notes = _finished({GENERATED: stem}, rate, settings.loudness)
        return Mix(stems[GENERATED], rate, stems, levels_of(stems[GENERATED], rate), notes)

    to_rate, channels = mixing_rate(rate, own[1]), max(wave.shape[0], own[0].shape[0])
    samples = round(Fraction(wave.shape[1] * to_rate, rate))
    wave = aligned(wave, rate, to_rate, samples, channels)
    kept = aligned(own[0].detach().to("cpu", torch.float32), own[1], to_rate, samples, channels)
    wave, own_wave = _ducked(
        _amplified(wave, settings.gain_db), _amplified(kept, settings.own_gain_db), to_rate, settings
    )
    wave = faded(wave, to_rate, settings.fade_in, settings.fade_out)
    if settings.own_sound == KEEP:
        (wave,) = limited([wave], to_rate)
        return Mix(kept, to_rate, {GENERATED: wave, OWN: kept}, levels_of(kept, to_rate), ())
    stems, notes = _finished({GENERATED: wave, OWN: own_wave}, to_rate, settings.loudness)
    sound = _sum(list(stems.values()))
    return Mix(sound, to_rate, stems, levels_of(sound, to_rate), notes)


def _check(generated: tuple[Tensor, int], own: tuple[Tensor, int] | None, settings: MixSettings) -> None:
    for name, sound in ((GENERATED, generated), (OWN, own)):
        if sound is None:
            continue
        wave, _ = sound
        if wave.ndim != 2 or wave.shape[0] > 2 or 0 in wave.shape:
            shape = tuple(wave.shape)
            raise InputError(f"{name} sound of shape {shape}: give [channels, samples] with 1 or 2 channels.")
        if not all(torch.isfinite(part).all() for part in wave.split(PIECE, 1)):
            raise InputError(f"{name} sound: it has samples that are NaN or infinite; convert it anew.")
    if own is None and settings.own_sound in (KEEP, MIX):
        raise InputError(f"own sound '{settings.own_sound}': there is none; choose replace.")


def _amplified(wave: Tensor, gain_db: float) -> Tensor:
    wave = wave.detach().to("cpu", torch.float32)
    return piecewise(lambda part: part * 10 ** (gain_db / 20), wave) if gain_db else wave


def _sum(waves: list[Tensor]) -> Tensor:
    return waves[0] if len(waves) == 1 else piecewise(lambda *parts: sum(parts), *waves)


def _ducked(generated: Tensor, own: Tensor, rate: int, settings: MixSettings) -> tuple[Tensor, Tensor]:
    if settings.ducking is None:
        return generated, own
    if settings.ducking.under == SPEECH:
        return ducked(generated, own, rate, settings.ducking), own
    return generated, ducked(own, generated, rate, settings.ducking)


def _finished(
    stems: dict[str, Tensor], rate: int, loudness: float | None
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The stems at the loudness, if one is asked for, and below the ceiling; and what users should know."""
    waves = list(stems.values())
    if loudness is None:
        return dict(zip(stems, limited(waves, rate), strict=True)), ()
    reached = integrated_loudness(_sum(waves), rate)
    if math.isinf(reached):
        why = f"silent or shorter than {BLOCK_SECONDS:g} s, so it has no loudness"
        return dict(zip(stems, limited(waves, rate), strict=True)), (f"The sound is {why}: left as it is.",)
    gain_db = 0.0
    for _ in range(_ROUNDS):
        gain_db += loudness - reached
        made = limited([_amplified(wave, gain_db) for wave in waves], rate)
        reached = integrated_loudness(_sum(made), rate)
        if abs(reached - loudness) <= _TOLERANCE:
            break
    notes = ()
    if abs(reached - loudness) > _TOO_FAR:
        notes = (
            f"{loudness:g} LUFS were asked for; with true peaks at {CEILING_DBTP:g} dBTP the sound reaches "
            f"{reached:.1f}.",
        )
    return dict(zip(stems, made, strict=True)), notes
