"""The film's own sound, brought to the generated sound's place, length, rate and channels."""

from __future__ import annotations

from fractions import Fraction

import torch.nn.functional as F
from torch import Tensor

from ..media.audio import load_audio, resample
from ..media.source import Source, open_media, source_name
from ..media.streams import audio_stream

_COMMON_RATE = 48_000  # every encoder takes it


def own_sound(source: Source, start: float | Fraction, seconds: float | Fraction) -> tuple[Tensor, int]:
    """(wave [C, N], rate) of a window of a film, C = 1 or 2: surround is mixed down as swresample does; what
    the track lacks at its end is silence. InputError for a film without sound."""
    with open_media(source) as container:
        channels = audio_stream(container, source_name(source)).codec_context.channels
    return load_audio(source, channels=2 if channels > 2 else None, start=start, seconds=seconds)


def mixing_rate(generated: int, own: int) -> int:
    """The generated sound's rate, or 48 kHz where the film's own has more than that: mixing takes nothing
    away that it has up to there, and every file can be written at either."""
    return generated if own <= generated else max(generated, _COMMON_RATE)


def aligned(wave: Tensor, rate: int, to_rate: int, samples: int, channels: int) -> Tensor:
    """[C, N] at `rate` -> [channels, samples] at `to_rate`: mono is doubled, two channels are averaged into
    one; it is cut, or silence follows."""
    wave = resample(wave, rate, to_rate)
    if channels == 1:
        wave = wave.mean(0, keepdim=True)
    elif wave.shape[0] == 1:
        wave = wave.repeat(channels, 1)
    return F.pad(wave[:, :samples], (0, max(0, samples - wave.shape[1])))
