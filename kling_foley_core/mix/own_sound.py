"""The film's own sound, brought to the generated sound's place, length, rate and channels."""

from __future__ import annotations

from fractions import Fraction

from torch import Tensor

from ..files.on_disk import PIECE, let_go, piecewise, room_for
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
        wave = piecewise(lambda part: part.mean(0, keepdim=True), wave)
    elif wave.shape[0] == 1:
        wave = piecewise(lambda part: part.repeat(channels, 1), wave)
    if wave.shape[1] >= samples:
        return wave[:, :samples]
    longer = room_for(channels, samples)
    for begin in range(0, wave.shape[1], PIECE):
        part = wave[:, begin : begin + PIECE]
        longer[:, begin : begin + part.shape[1]] = part
        let_go(wave, longer)
    return longer
