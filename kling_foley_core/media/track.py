"""One sound track, decoded from its beginning: float32 [C, n] pieces at their places, gaps silent.

Time 0 is the film's first frame, or the first sample where there is no film. What can't be decoded is silent
and noted; reading ends where the file can't be read further. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import let_go, room_for
from ..limits import MAX_CHANNELS, MAX_FILM_SECONDS, MAX_HELD_SECONDS, MAX_SAMPLING_RATE
from .formats import is_format
from .streams import demuxed
from .window import OVERRUN

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# smaller jumps of the timestamps are rounding to milliseconds (Matroska, FLV), no gap
_GAP = Fraction(1, 100)
_HOLE = Fraction(1, 10)  # seconds without sound that are said
_OFTEN = 2**18  # samples after which what was written need not stay in memory
_STATING = ("mov", "wav", "w64", "aiff", "caf", "au", "flac", "ogg")  # exact to the sample, or nearly

Piece = tuple[int, np.ndarray]  # first sample counted from time 0, float32 [C, n]


class Track:
    """A window of the track by `window`; then `note` says what was wrong with it."""

    def __init__(
        self,
        container: InputContainer,
        stream: AudioStream,
        name: str,
        zero: Fraction | None,
        *,
        mix_to_stereo: bool,
    ) -> None:
        self.container, self.stream, self.name, self.zero = container, stream, name, zero
        self.has_film, self.mix_to_stereo = zero is not None, mix_to_stereo
        self.rate: int | None = None  # of the first frame: headers of HE-AAC say half of it
        self.layout: str | None = None
        self.resamplers: dict[tuple[str, str], AudioResampler] = {}  # of frames at the track's rate
        self.end = 0  # of the last samples read
        self.spoilt: list[int] = []  # places of packets that can't be decoded
        self.holes: list[tuple[int, int]] = []  # from where to where there is no sound
        self.early: tuple[Fraction, Fraction] | None = None  # where it ends, where it should

    def note(self) -> str | None:
        """One sentence about damage and an early end within the window; None where there is none."""
        found, missing = [], None
        if self.spoilt:
            at = min(self.spoilt) / self.rate
            found.append(
                f"{len(self.spoilt)} packets of its sound from {at:.3f} s on can't be read: silence there"
            )
        if self.holes:
            begin, end = (at / self.rate for at in self.holes[0])
            more = f" and in {len(self.holes) - 1} more places" if len(self.holes) > 1 else ""
            missing = f"no sound from {begin:.3f} to {end:.3f} s{more}"
            found.append(f"it has {missing}")
        if self.early:
            end, stated = map(float, self.early)
            found.append(f"its sound ends at {end:.3f} s, where its header says {stated:.3f} s")
        if missing and not (self.spoilt or self.early):
            return f"{self.name} has {missing}, by a pause or damage: silence there."
        return f"{self.name} is damaged or cut short: {'; '.join(found)}." if found else None

    def window(self, start: Fraction, seconds: Fraction | None) -> tuple[Tensor, int]:
        """(float32 [C, N], rate)."""
        pieces: list[Piece] = []
        wave: Tensor | None = None  # of known length, made when the number of channels is known
        end, channels, to_the_end = 0, None, True
        for at, samples in self.pieces():
            first = round(start * self.rate)
            last = None if seconds is None else round((start + seconds) * self.rate)
            channels, end = samples.shape[0], max(end, at + samples.shape[1])
            if last is not None and at >= last:
                to_the_end = False
                break
            if last is None:
                self._check_length(end - first, MAX_HELD_SECONDS)
                pieces += [(at - first, samples)] if at + samples.shape[1] > first else []
                continue
            if wave is None:
                self._check_length(last - first, MAX_FILM_SECONDS)
                wave = room_for(channels, last - first)
            lay(wave, at - first, samples)
        if channels is None:
            raise self.without_sample()
        first = round(start * self.rate)
        if end <= first and (self.zero is None or seconds is None):
            raise InputError(
                f"start = {float(start):g} s: {self.name} has sound up to "
                f"{end / self.rate:.3f} s; start earlier."
            )
        if to_the_end:
            self._compare(Fraction(end, self.rate), start + seconds if seconds is not None else None)
        if seconds is None:
            wave = joined(pieces, channels, self.end_of(end) - first)
        elif wave is None:  # the track begins behind the window
            count = round((start + seconds) * self.rate) - first
            self._check_length(count, MAX_FILM_SECONDS)
            wave = room_for(channels, count)
        return wave, self.rate

    def without_sample(self) -> InputError:
        return InputError(f"{self.name}: its sound track has no readable sample; give another file.")

    def _check_length(self, samples: int, most: int) -> None:
        if samples > most * self.rate:
            raise InputError(
                f"{self.name}: {samples / self.rate:.0f} s of sound are more than the {most} s "
                "that are read at once; choose a window of it."
            )

    def _compare(self, end: Fraction, wanted: Fraction | None) -> None:
        """Notes an end of the track before its header's and before the end of what is wanted."""
        stated = self._stated()
        if stated is not None and end < min(stated, wanted or stated) - OVERRUN:
            self.early = end, stated

    def _stated(self) -> Fraction | None:
        """Where the header says that the track ends; None where it doesn't."""
        if not is_format(self.container.format.name, *_STATING) or not self.stream.duration:
            return None
        if not self.has_film:  # counted from the first sample that can be read, were it not the first
            return self.stream.duration * self.stream.time_base
        return ((self.stream.start_time or 0) + self.stream.duration) * self.stream.time_base - self.zero

    def end_of(self, decoded: int) -> int:
        """The track's end in samples, of which `decoded` were decoded: mp4 and mov say where the last,
        padded AAC frame ends; decoders don't cut it."""
        stated = self._stated() if is_format(self.container.format.name, "mov") else None
        return decoded if stated is None else min(decoded, round(stated * self.rate))

    def pieces(self) -> Iterator[Piece]:
        """The whole track, in order."""
        position = None
        for frame in self._frames():
            if self.rate is None:
                self.rate = frame.sample_rate
                self._check_format(frame)
            timed = frame.pts is not None and frame.time_base is not None
            time = frame.pts * frame.time_base if timed else None
            if self.zero is None:
                self.zero = time or Fraction(0)
            at = position if time is None else round((time - self.zero) * self.rate)
            if position is None or abs(at - position) > _GAP * self.rate:
                if position is not None and at - position > _HOLE * self.rate:
                    self.holes.append((position, at))
                position = at or 0
            for samples in self._floats(frame):
                yield position, samples
                position += samples.shape[1]
                self.end = position

    def _check_format(self, frame: AudioFrame) -> None:
        channels = len(frame.layout.channels)
        if not 1 <= self.rate <= MAX_SAMPLING_RATE or channels > MAX_CHANNELS:
            raise InputError(
                f"{self.name} has sound of {channels} channels at {self.rate} Hz: at most {MAX_CHANNELS} "
                f"channels at {MAX_SAMPLING_RATE} Hz are read."
            )

    def _frames(self) -> Iterator[AudioFrame]:
        """Frames up to the end, or to where the file can't be read further."""
        from av.error import FFmpegError

        try:
            for packet in demuxed(self.container, self.stream):
                try:
                    frames = packet.decode()
                except FFmpegError:
                    if self.rate is not None:
                        at = None if packet.pts is None else packet.pts * packet.time_base - self.zero
                        self.spoilt.append(self.end if at is None else round(at * self.rate))
                    continue
                yield from frames
        except (FFmpegError, OSError):
            return

    def _floats(self, frame: AudioFrame) -> Iterator[np.ndarray]:
        """float32 [C, n] at the track's rate; `frame` loses its time."""
        mixed = self.mix_to_stereo and len(frame.layout.channels) > 2
        # As the first frame: broadcasts change between 5.1 and stereo on their way.
        self.layout = self.layout or ("stereo" if mixed else frame.layout.name)
        frame.pts = None  # its place is known, and gaps are not the resampler's to see
        resampler, parts = self._resampler(frame)
        for part in parts:
            for made in resampler.resample(part):
                yield made.to_ndarray()

    def _resampler(self, frame: AudioFrame) -> tuple[AudioResampler, tuple[AudioFrame | None, ...]]:
        """(resampler, what it is given for the frame's samples): another rate delays, so it is flushed and
        used once.
        """
        import av

        how = {"format": "fltp", "layout": self.layout, "rate": self.rate}
        if frame.sample_rate != self.rate:
            return av.AudioResampler(**how), (frame, None)
        kind = frame.format.name, frame.layout.name
        if kind not in self.resamplers:
            self.resamplers[kind] = av.AudioResampler(**how)
        return self.resamplers[kind], (frame,)


def joined(pieces: list[Piece], channels: int, count: int) -> Tensor:
    """Pieces laid at their places on silence."""
    wave = room_for(channels, count)
    for at, samples in pieces:
        lay(wave, at, samples)
    return wave


def lay(wave: Tensor, at: int, samples: np.ndarray) -> None:
    """Writes what of `samples`, the first of them at `at`, lies within wave [C, N]."""
    begin, end = max(at, 0), min(at + samples.shape[1], wave.shape[1])
    if end > begin:
        wave[:, begin:end] = torch.from_numpy(samples[:, begin - at : end - at])
        if begin // _OFTEN != end // _OFTEN:
            let_go(wave)
