"""Codecs on recordings they were not trained on, as in the paper's table 3: rows for each class of sound.

    mel       the original's mel through the vocoder, which is as good as the codec can get
    codec     all of it; for its stereo error left and right are coded apart
    renderer  the decoded mono sound made stereo by the model's own renderer: its stereo error alone

At most 10 s of a sound, its channels' mean. Codecs of different rates are compared at 44.1 kHz, so what a
codec cannot carry counts as lost, and at one level (that of the built-in codec's training), since mel and
STFT distance depend on it. Each number is a mean over sounds with its 95 % interval (intervals.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...codec import FoleyCodec
from ...codec.level import at_level, rms
from ...codec.presets import LEARNED_DB, MEL_44K, VAE_SMALL
from ...errors import InputError
from ...media import resample
from ...progress import Progress, silent
from ...stereo.ways import rendered
from ..measures import distances, stereo_error, visqol
from ..measures.intervals import interval, mean_influences
from .codec_cost import opened_with_cost
from .codec_models import CodecParts
from .codec_sounds import CodecSound

RATE, LEVEL_DB = 44100, LEARNED_DB[VAE_SMALL]  # at which sounds are compared
LONGEST, SHORTEST = 10.0, 0.2  # seconds
VOICES = ("speech", "singing")  # PESQ is defined for voices
NEEDS_PESQ = "pip install pesq"
FAINTEST = 1e-4  # RMS: there is nothing to compare in silence
Numbers = dict[str, float | None]
Ways = dict[str, Numbers]
LOG = logging.getLogger(__name__)


def evaluate_codecs(
    models: Mapping[str, Callable[[], CodecParts]],
    sounds: Sequence[CodecSound],
    device: torch.device,
    progress: Progress = silent,
    *,
    most: int = 24,
) -> dict[str, Any]:
    """`models`: name -> what opens its codec; one is in memory at a time. `most`: sounds of a class. Rows are
    of the sounds that all codecs were measured on, so that they can stand beside each other.

    {"models": {name: {"rate", "cost", "rows": {"speech: codec": {measure: number}}, "sounds"}}, "clips":
    class -> how many were measured, "not_measured": sound -> why, "left_out": measure -> why}
    """
    kinds = dict.fromkeys(sound.kind for sound in sounds)
    chosen = [sound for kind in kinds for sound in [s for s in sounds if s.kind == kind][:most]]
    result: dict[str, Any] = {"models": {}, "clips": {}, "not_measured": {}, "left_out": left_out()}
    opened: dict[str, tuple[int, Any, dict[str, Ways]]] = {}
    for name, load in models.items():
        parts, cost = opened_with_cost(load, device)
        each: dict[str, Ways] = {}
        for done, sound in enumerate(chosen, 1):
            try:
                each[sound.name] = measured(parts, heard(sound), sound.kind)
            except InputError as error:
                result["not_measured"][sound.name] = str(error)
            progress(f"codec {name}", done, len(chosen))
        opened[name] = parts.codec.sampling_rate, cost, each
        del parts
    kept = [sound for sound in chosen if all(sound.name in each for _, _, each in opened.values())]
    result["clips"] = {kind: sum(sound.kind == kind for sound in kept) for kind in kinds}
    for name, (rate, cost, each) in opened.items():
        rows = {
            row: numbers
            for kind in kinds
            for row, numbers in _rows(kind, [each[s.name] for s in kept if s.kind == kind]).items()
        }
        result["models"][name] = {"rate": rate, "cost": cost, "rows": rows, "sounds": each}
    return result


def left_out() -> dict[str, str]:
    """Measures that need a package which is not there."""
    missing = {} if distances.can_pesq() else {"PESQ": f"needs {NEEDS_PESQ}"}
    return missing | ({} if visqol.can_visqol() else {"ViSQOL": f"needs {visqol.NEEDS}"})


def heard(sound: CodecSound) -> Tensor:
    """[C, N] at 44.1 kHz without offset. InputError for what can't be measured."""
    wave, rate = sound.read()
    if not bool(torch.isfinite(wave).all()):
        raise InputError(f"{sound.place}: it has samples that are not numbers; export it again.")
    if wave.shape[-1] < SHORTEST * rate:
        raise InputError(f"{sound.place}: it has {wave.shape[-1] / rate:.3f} s; {SHORTEST} s are needed.")
    wave = resample(wave[:, : round(LONGEST * rate)], rate, RATE)
    wave = wave - wave.mean(-1, keepdim=True)
    if at_level(wave.mean(0)[None, None], LEVEL_DB).square().mean().sqrt() <= FAINTEST:
        raise InputError(f"{sound.place}: it is silent.")
    return wave


@torch.inference_mode()
def measured(parts: CodecParts, wave: Tensor, kind: str) -> Ways:
    """wave [C, N] at 44.1 kHz -> the numbers of each way."""
    codec, mono = parts.codec, wave.mean(0)
    reference = at_level(mono[None, None], LEVEL_DB)[0, 0]
    given = mono if codec.learned_db is None else at_level(mono[None, None], codec.learned_db)[0, 0]
    louder = float(rms(reference[None, None]) / rms(given[None, None]))
    ways = {
        way: compared(louder * decoded, reference, kind) for way, decoded in both_ways(codec, given).items()
    }
    if len(wave) == 2:
        ways["codec"] |= stereo_errors(_apart(codec, wave), wave)
        if parts.stereo is not None:
            ways["renderer"] = stereo_errors(_rendered(parts, given), wave)
    return ways


def both_ways(codec: FoleyCodec, wave: Tensor) -> dict[str, Tensor]:
    """[N] at 44.1 kHz -> decoded [N] through the vocoder alone and through everything."""
    given = _whole(codec, wave[None])[0]
    latent = codec.encode(given[None]).mean
    sounds = {
        "mel": codec.vocode(codec.mel(given)),
        "codec": codec.decode(latent, gain_db=codec.lost_db(given[None], latent)),
    }
    return {way: _back(codec, sound[0], wave.shape[-1])[0] for way, sound in sounds.items()}


def _apart(codec: FoleyCodec, wave: Tensor) -> Tensor:
    """[2, N] -> each side through the codec by itself."""
    given = _whole(codec, wave)
    latent = codec.encode(given).mean
    decoded = codec.decode(latent, gain_db=codec.lost_db(given, latent))
    return _back(codec, decoded[:, 0], wave.shape[-1])


def _rendered(parts: CodecParts, wave: Tensor) -> Tensor:
    """[N] -> [2, N]"""
    codec = parts.codec
    latent = codec.encode(_whole(codec, wave[None])).mean
    sides = rendered(codec, parts.stereo, codec.decode_mel(latent), None, "coherent")
    return _back(codec, sides[0], wave.shape[-1])


def _whole(codec: FoleyCodec, wave: Tensor) -> Tensor:
    """[C, N] at 44.1 kHz -> [C, 1, whole latents] at the codec's rate, where the codec is."""
    given = resample(wave, RATE, codec.sampling_rate)
    given = torch.nn.functional.pad(given, (0, -given.shape[-1] % codec.samples_per_latent))
    return given[:, None].to(next(codec.parameters()).device)


def _back(codec: FoleyCodec, wave: Tensor, length: int) -> Tensor:
    """[C, N] of the codec -> [C, length] at 44.1 kHz."""
    return resample(wave.cpu(), codec.sampling_rate, RATE)[:, :length]


def compared(decoded: Tensor, reference: Tensor, kind: str) -> Numbers:
    """Both [N] at 44.1 kHz."""
    voice = kind in VOICES and distances.can_pesq()
    listened = visqol.can_visqol() and len(reference) >= visqol.SHORTEST * RATE
    return {
        "pesq": _by_package(distances.pesq, decoded, reference) if voice else None,
        "visqol": _by_package(visqol.visqol, decoded, reference) if listened else None,
        "si_sdr": distances.si_sdr(decoded, reference),
        "sdr": distances.sdr(decoded, reference),
        "lsd": distances.log_spectral_distance(decoded, reference),
        "mcd": distances.mel_cepstral_distortion(decoded, reference, MEL_44K),
        "mel": distances.mel_distance(decoded, reference, MEL_44K),
        "stft": distances.stft_distance(decoded, reference),
    }


def _by_package(measure: Callable[[Tensor, Tensor, int], float], *waves: Tensor) -> float | None:
    """None, and a word of it, for a sound that the package can't judge: PESQ finds no voice in some."""
    try:
        return measure(*waves, RATE)
    except Exception as error:
        LOG.warning("%s left out of a sound: %s", measure.__name__, error)
        return None


def stereo_errors(decoded: Tensor, original: Tensor) -> Numbers:
    """Both [2, N] at 44.1 kHz."""
    return {
        "side_mid": stereo_error.side_mid_error(decoded, original),
        "pan": stereo_error.pan_error(decoded, original, RATE),
    }


def _rows(kind: str, sounds: list[Ways]) -> dict[str, dict[str, Any]]:
    """ "speech: codec" -> measure -> {"value", "low", "high", "clips"}, of the measures that have numbers."""
    rows = {}
    for way in dict.fromkeys(way for ways in sounds for way in ways):
        numbers = [ways[way] for ways in sounds if way in ways]
        names = dict.fromkeys(name for n in numbers for name in n)
        found = {name: [n[name] for n in numbers if n.get(name) is not None] for name in names}
        rows[f"{kind}: {way}"] = {name: _mean(values) for name, values in found.items() if values}
    return rows


def _mean(values: list[float]) -> dict[str, float | int | None]:
    value = float(np.mean(values))
    low, high = interval(value, mean_influences(values))
    return {"value": value, "low": low, "high": high, "clips": len(values)}
