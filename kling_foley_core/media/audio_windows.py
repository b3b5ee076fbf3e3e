"""Many windows of one sound track in one pass, so that hours of sound need the memory of a window.

Unlike `load_audio`, a window is as long as the track is there: nothing is filled up behind its end. Our
choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from .audio import video_zero
from .source import Source, open_media, source_name
from .streams import audio_stream
from .track import Piece, Track, joined
from .window import checked_seconds, checked_start


@dataclass(frozen=True, eq=False)
class SoundWindow:
    """`wave` float32 [C, N], N = 0 behind the track's end; `damage`: seconds in it that the file has no
    sound for, or that can't be read, else None."""

    wave: Tensor
    rate: int
    damage: str | None


def sound_windows(source: Source, spans: Sequence[tuple[float, float]]) -> Iterator[SoundWindow]:
    """Of each span (start, seconds), in the order given, which has to be that of their starts. InputError for
    a file without readable sound."""
    wanted = [(checked_start(start), checked_seconds(seconds)) for start, seconds in spans]
    if wanted != sorted(wanted, key=lambda span: span[0]):
        raise ValueError("spans are not in the order of their starts")
    name = source_name(source)
    zero = video_zero(source, name)
    with open_media(source) as container:
        track = Track(container, audio_stream(container, name), name, zero, mix_to_stereo=False)
        yield from _windows(track, wanted)


def sound_seconds(source: Source) -> float:
    """Where the track ends, by decoding it: headers of some formats only guess."""
    name = source_name(source)
    zero = video_zero(source, name)
    with open_media(source) as container:
        track = Track(container, audio_stream(container, name), name, zero, mix_to_stereo=False)
        end = max((at + samples.shape[1] for at, samples in track.pieces()), default=0)
        return track.end_of(end) / track.rate if track.rate else 0.0


def _windows(track: Track, spans: list[tuple[Fraction, Fraction]]) -> Iterator[SoundWindow]:
    waiting, kept, end, channels = list(spans), [], 0, 0
    for at, samples in track.pieces():
        end, channels = at + samples.shape[1], samples.shape[0]
        kept.append((at, samples))
        while waiting and end >= round(sum(waiting[0]) * track.rate):
            yield _window(track, kept, channels, waiting.pop(0), end)
        if not waiting:
            return
        first = round(waiting[0][0] * track.rate)
        kept = [piece for piece in kept if piece[0] + piece[1].shape[1] > first]
    if track.rate is None:
        raise track.without_sample()
    for span in waiting:
        yield _window(track, kept, channels, span, track.end_of(end))


def _window(
    track: Track, kept: list[Piece], channels: int, span: tuple[Fraction, Fraction], end: int
) -> SoundWindow:
    first, last = (round(second * track.rate) for second in (span[0], sum(span)))
    pieces = [(at - first, samples) for at, samples in kept]
    wave = joined(pieces, channels, max(0, min(last, end) - first))
    return SoundWindow(wave, track.rate, _damage(track, first, last))


def _damage(track: Track, first: int, last: int) -> str | None:
    holes = [(max(a, first), min(b, last)) for a, b in track.holes if a < last and b > first]
    holes += [(at, at) for at in track.spoilt if first <= at < last]
    if not holes:
        return None
    return f"no readable sound at {min(holes)[0] / track.rate:.3f} s"
