"""Figures of one wave, alone and against the film's own sound: sound [C, N] -> {name: number or None}.

    of the sound alone     LUFS, silence, side/mid, bandwidth, clicks, clipping, DC
    against a reference    hits coverage, precision, F1, offset, delay; envelope r, LUFS difference, silence
                           kept, pan r
    against a film         movement agreement: how onsets meet what moves (ranking/agreement.py)

Headings, units and which way is better stand in table.py under the same names. None: the sound, or the
reference, has nothing to measure it by (each measure says when). Sound and reference begin at the same
moment, and may have different rates and be mono or stereo. A sound that ends before its reference is silent
from there on; what it lasts longer than its reference is not compared.
Clipping, bandwidth, silence, side and DC are curation's (data/curation/measures). An offset hides nothing:
silence, side, bandwidth, envelope and pan are those of the wave without its mean.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...data.curation.measures.bandwidth import bandwidth
from ...data.curation.measures.clipping import clipping_ratio
from ...data.curation.measures.offset import dc_offset
from ...data.curation.measures.silence import silence_ratio
from ...data.curation.measures.spectrum import short_time_power
from ...data.curation.measures.stereo import side_db
from ...errors import InputError
from ...preview.motion import Movement
from ...ranking import agreement
from .clicks import clicks
from .envelope_r import envelope_r
from .hits import Onsets, hit_figures, onsets_of
from .loudness import loudness, loudness_difference
from .pan_r import pan_r
from .silence_kept import silence_kept

Figures = dict[str, float | None]
ENDS_TOGETHER = 0.1  # seconds: codecs end a sound earlier by less, and nothing is missing there


def figures(
    sound: Tensor,
    rate: int,
    reference: tuple[Tensor, int] | None = None,
    *,
    onsets: Onsets | None = None,
    moved: Movement | None = None,
) -> Figures:
    """`sound` [1 or 2, N] in -1..1; `reference` (wave, rate): the film's own sound; `moved`: what moves in
    the film. `onsets`, of both, where the caller has them already."""
    sound = checked(sound, "sound")
    if reference is not None:
        reference = checked(reference[0], "reference"), reference[1]
    if onsets is None and (reference or moved):
        onsets = onsets_of(sound, rate, reference)
    found = _alone(sound, rate)
    if reference is not None:
        found |= _compared(sound, rate, *reference, onsets)
    if moved is not None:
        found["movement agreement"] = agreement(onsets.sound, moved)
    return found


def checked(wave: Tensor, name: str) -> Tensor:
    """float32 on the CPU; InputError, with the wave's `name`, for what can't be measured."""
    if wave.ndim != 2 or wave.shape[0] not in (1, 2) or wave.shape[1] == 0:
        raise InputError(
            f"{name}: it is {tuple(wave.shape)}, but [1 or 2 channels, samples] is measured, one sample or "
            "more; mix surround down to stereo first."
        )
    if not wave.is_floating_point():
        raise InputError(
            f"{name}: its samples are {wave.dtype}, but floating point within -1..1 is measured."
        )
    if not bool(torch.isfinite(wave).all()):
        raise InputError(f"{name}: it has samples that are NaN or infinite; check what made it.")
    return wave.detach().float().cpu()


def _alone(sound: Tensor, rate: int) -> Figures:
    centred = _centred(sound)
    return {
        "LUFS": loudness(sound, rate),
        "silence": 100 * silence_ratio(centred, rate),
        "side/mid": side_db(centred),
        "bandwidth": _scaled(bandwidth(short_time_power(centred, rate)), 1e-3),
        "clicks": float(len(clicks(sound, rate))),
        "clipping": 100 * clipping_ratio(sound),
        "DC": 100 * dc_offset(sound),
    }


def _compared(sound: Tensor, rate: int, reference: Tensor, reference_rate: int, onsets: Onsets) -> Figures:
    seconds, true = sound.shape[1] / rate, reference.shape[1] / reference_rate
    if not ends_early(seconds, true):
        true = min(seconds, true)
    sound, reference = _first(sound, rate, true), _first(reference, reference_rate, true)
    centred = _filled(_centred(sound), rate, true), rate, _centred(reference), reference_rate
    sound = _filled(sound, rate, true)
    return {
        **hit_figures(onsets, true),
        "envelope r": envelope_r(*centred),
        "LUFS difference": loudness_difference(sound, rate, reference, reference_rate),
        "silence kept": _scaled(silence_kept(*centred), 100),
        "pan r": pan_r(*centred),
    }


def ends_early(seconds: float, end: float) -> bool:
    """Whether what lasts `seconds` lacks something before `end`."""
    return end - seconds > ENDS_TOGETHER


def _scaled(value: float | None, factor: float) -> float | None:
    """To the unit of the table."""
    return None if value is None else factor * value


def _centred(wave: Tensor) -> Tensor:
    return wave - wave.mean(1, keepdim=True)


def _first(wave: Tensor, rate: int, seconds: float) -> Tensor:
    return wave[:, : max(1, round(seconds * rate))]


def _filled(wave: Tensor, rate: int, seconds: float) -> Tensor:
    """With silence to `seconds`."""
    return torch.nn.functional.pad(wave, (0, max(0, round(seconds * rate) - wave.shape[1])))
