"""The generated sound (effects, and music where there is some) and the film's own as one sound, and the stems
that add up to it.

Order: the music's level, gains, ducking, fades, sum, loudness of the sum, true-peak limit. What acts on the
sum (loudness, limit) acts on every stem alike, so that the stems' sum is the sound, sample for sample. Our
choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import PIECE, piecewise
from .ducking import SPEECH, Ducking, ducked
from .fades import faded
from .levels import Levels, levels_of
from .limiter import CEILING_DBTP, limited
from .loudness import BLOCK_SECONDS, integrated_loudness
from .own_sound import aligned, mixing_rate
from .settings import KEEP, MIX, REPLACE, MixSettings

GENERATED, MUSIC, OWN = STEMS = ("generated", "music", "own")

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


def mixed(
    generated: tuple[Tensor, int],
    own: tuple[Tensor, int] | None,
    settings: MixSettings,
    music: tuple[Tensor, int] | None = None,
) -> Mix:
    """Each sound is (wave [C, N], rate), C = 1 or 2, all from the same moment on; `own` None: there is none,
    which goes with own sound 'replace' only. `music` is a part of the generated sound, with a stem of its
    own.

    The result is as long as the generated sound; its rate is `mixing_rate`, and it is mono where all are.
    InputError for other channels, a missing own sound, and fades longer than the sound.
    """
    _check(generated, own, music, settings)
    rate, needs_own = generated[1], settings.own_sound != REPLACE
    to_rate = mixing_rate(rate, own[1]) if needs_own else rate
    sounds = {GENERATED: generated} | ({} if music is None else {MUSIC: music})
    channels = max(wave.shape[0] for wave, _ in [*sounds.values(), *([own] if needs_own else [])])
    samples = round(Fraction(generated[0].shape[1] * to_rate, rate))

    def placed(sound: tuple[Tensor, int], gain_db: float) -> Tensor:
        wave, rate = sound
        if (rate, *wave.shape) == (to_rate, channels, samples):
            return _amplified(wave, gain_db)
        return aligned(_amplified(wave, gain_db), rate, to_rate, samples, channels)

    stems = {name: placed(sound, settings.gain_db) for name, sound in sounds.items()}
    if music is not None:
        stems[MUSIC] = _at_level(stems[MUSIC], stems[GENERATED], to_rate, settings.music_level)
    kept = placed(own, 0.0) if needs_own else None
    if needs_own:
        own_wave = _amplified(kept, settings.own_gain_db)
        stems, own_wave = _ducked(stems, own_wave, to_rate, settings.ducking)
    stems = {n: faded(wave, to_rate, settings.fade_in, settings.fade_out) for n, wave in stems.items()}
    if settings.own_sound == KEEP:
        stems = dict(zip(stems, limited(list(stems.values()), to_rate), strict=True))
        return Mix(kept, to_rate, stems | {OWN: kept}, levels_of(kept, to_rate), ())
    stems, notes = _finished(stems | ({OWN: own_wave} if needs_own else {}), to_rate, settings.loudness)
    sound = _sum(list(stems.values()))
    return Mix(sound, to_rate, stems, levels_of(sound, to_rate), notes)


def _at_level(wave: Tensor, other: Tensor, rate: int, level: float) -> Tensor:
    """[C, N] with its integrated loudness `level` LU from that of `other`; as it is where one of the two has
    none (silence, or shorter than a block). Of as many channels each: mono that is doubled is louder."""
    reached, wanted = (integrated_loudness(sound, rate) for sound in (wave, other))
    if math.isinf(reached) or math.isinf(wanted):
        return wave
    return _amplified(wave, wanted + level - reached)


def _check(
    generated: tuple[Tensor, int],
    own: tuple[Tensor, int] | None,
    music: tuple[Tensor, int] | None,
    settings: MixSettings,
) -> None:
    for name, sound in ((GENERATED, generated), (MUSIC, music), (OWN, own)):
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


def _ducked(
    stems: dict[str, Tensor], own: Tensor, rate: int, ducking: Ducking | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Under speech effects and music give way alike; under effects it is the effects that are heard in front,
    not the music."""
    if ducking is None:
        return stems, own
    if ducking.under == SPEECH:
        return {name: ducked(wave, own, rate, ducking) for name, wave in stems.items()}, own
    return stems, ducked(own, stems[GENERATED], rate, ducking)


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
