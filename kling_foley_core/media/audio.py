"""Sound in and out: load_audio (any container, a window of it), resample, save_audio (wav, flac, mp3).

wave float32 [C, N] in -1..1, rate in samples a second. Decoding, resampling (band-limited, FFmpeg's
swresample) and encoding go through PyAV, so nothing depends on torchaudio. Time 0 is the video's first frame,
or the first sample where there is no video; a late start and gaps in the track are silence. Our choice
throughout.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..files.whole_file import whole_file
from .encode_audio import FLAC, MP3, PCM, add_audio_stream, checked_wave, encoded_wave
from .frames import VideoFrames
from .source import Source, audio_stream, open_media, source_name, video_streams
from .window import checked_seconds, checked_start

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_CODECS = {".wav": PCM, ".flac": FLAC, ".mp3": MP3}
_GAP = Fraction(
    1, 100
)  # smaller jumps of the timestamps are rounding to milliseconds (Matroska, FLV), no gap

Piece = tuple[int, np.ndarray]  # first sample counted from time 0, float32 [C, n]


def load_audio(
    source: Source,
    *,
    sampling_rate: int | None = None,
    channels: int | None = None,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
) -> tuple[Tensor, int]:
    """(wave [C, N], rate) of the window; N = round(seconds * rate) also where the track ends earlier (silence
    follows).

    channels None keeps the file's, 1 is the plain mean, 2 doubles mono or mixes surround down as swresample
    does. Decodes from the track's beginning, since only that makes the window exact to the sample in lossy
    formats.
    """
    if channels not in (None, 1, 2):
        raise InputError(f"channels = {channels}: choose 1, 2, or None for the file's own.")
    if sampling_rate is not None and sampling_rate < 1:
        raise InputError(f"sampling_rate = {sampling_rate}: give samples per second, for example 44100.")
    begin, length = checked_start(start), checked_seconds(seconds)
    name = source_name(source)
    zero = _video_zero(source, name)
    with open_media(source) as container:
        stream = audio_stream(container, name)
        reader = _Track(container, stream, name, zero, mix_to_stereo=channels == 2)
        wave, rate = reader.window(begin, length)
    if channels == 1:
        wave = wave.mean(0, keepdim=True)
    elif channels == 2 and wave.shape[0] == 1:
        wave = wave.repeat(2, 1)
    if sampling_rate is not None and sampling_rate != rate:
        wave = resample(wave, rate, sampling_rate)
        rate = sampling_rate
    return wave, rate


def resample(wave: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """[..., N] -> [..., round(N * to / from)], float32 on the CPU, every row by itself, without delay."""
    import av

    if from_rate == to_rate:
        return wave
    samples = wave.shape[-1]
    wanted = round(Fraction(samples * to_rate, from_rate))
    rows = wave.detach().to("cpu", torch.float32).reshape(-1, samples)
    out = torch.zeros(len(rows), wanted)
    for row, target in zip(rows, out, strict=True):
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=to_rate)
        frame = av.AudioFrame.from_ndarray(row[None].contiguous().numpy(), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = from_rate, 0, Fraction(1, from_rate)
        made = [f.to_ndarray()[0] for part in (frame, None) for f in resampler.resample(part)]
        line = torch.from_numpy(np.concatenate(made))[:wanted] if made else torch.zeros(0)
        target[: len(line)] = line
    return out.reshape(*wave.shape[:-1], wanted)


def save_audio(path: str | os.PathLike, wave: Tensor, rate: int) -> None:
    """Writes [C, N] (1 or 2 channels) as .wav or .flac (16 bit) or .mp3 (256 kb/s); samples are clamped to
    -1..1.
    """
    import av

    suffix = Path(path).suffix.lower()
    if suffix not in _CODECS:
        raise InputError(
            f"output '{path}': can't write {suffix or 'a file without suffix'}; use .wav, .flac or .mp3."
        )
    codec, wave = _CODECS[suffix], checked_wave(wave, rate)
    rates = codec.rates()
    if rates is not None and rate not in rates:
        raise InputError(
            f"rate = {rate}: {suffix} takes {sorted(rates)}; resample the sound or write .wav or .flac."
        )
    with whole_file(path) as temporary, av.open(str(temporary), "w") as container:
        stream = add_audio_stream(container, codec, rate, wave.shape[0])
        for packet in encoded_wave(stream, codec, wave, rate):
            container.mux(packet)


def _video_zero(source: Source, name: str) -> Fraction | None:
    """The container's clock at the video's first frame; None without (readable) video."""
    with open_media(source) as container:
        if not video_streams(container):
            return None
        return VideoFrames(container, name).zero


class _Track:
    """One sound track, decoded from its beginning."""

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
        self.mix_to_stereo = mix_to_stereo
        self.rate: int | None = None  # of the first frame: headers of HE-AAC say half of it
        self.layout: str | None = None

    def window(self, start: Fraction, seconds: Fraction | None) -> tuple[Tensor, int]:
        """(float32 [C, N], rate)."""
        pieces: list[Piece] = []
        end, channels = 0, None
        for at, samples in self._pieces():
            first = round(start * self.rate)
            last = None if seconds is None else round((start + seconds) * self.rate)
            channels, end = samples.shape[0], max(end, at + samples.shape[1])
            if last is not None and at >= last:
                break
            if at + samples.shape[1] > first:
                pieces.append((at - first, samples))
        if channels is None:
            raise InputError(f"{self.name}: its sound track has no readable sample; give another file.")
        first = round(start * self.rate)
        if end <= first and (self.zero is None or seconds is None):
            raise InputError(
                f"start = {float(start):g} s: {self.name} has sound up to "
                f"{end / self.rate:.3f} s; start earlier."
            )
        count = (
            round((start + seconds) * self.rate) - first if seconds is not None else self._end(end) - first
        )
        return _joined(pieces, channels, count), self.rate

    def _end(self, decoded: int) -> int:
        """mp4 and mov say where the last, padded AAC frame ends; decoders don't cut it."""
        if (
            "mov" not in self.container.format.name.split(",")
            or not self.stream.duration
            or self.zero is None
        ):
            return decoded
        stop = ((self.stream.start_time or 0) + self.stream.duration) * self.stream.time_base - self.zero
        return min(decoded, round(stop * self.rate))

    def _pieces(self) -> Iterator[Piece]:
        from av.error import FFmpegError

        position = None
        try:
            for frame in self.container.decode(self.stream):
                if self.rate is None:
                    self.rate = frame.sample_rate
                time = None if frame.pts is None else frame.pts * frame.time_base
                if self.zero is None:
                    self.zero = time or Fraction(0)
                at = position if time is None else round((time - self.zero) * self.rate)
                if position is None or abs(at - position) > _GAP * self.rate:
                    position = at or 0
                for samples in self._floats(frame):
                    yield position, samples
                    position += samples.shape[1]
        except FFmpegError as e:
            reached = 0.0 if position is None else position / self.rate
            raise InputError(
                f"{self.name} is damaged or cut short: its sound can be read up to {reached:.3f} s, "
                f"then fails ({e}); choose a window before that or get the file again."
            ) from e

    def _floats(self, frame: AudioFrame) -> Iterator[np.ndarray]:
        """float32 [C, n] at the track's rate."""
        import av

        mixed = self.mix_to_stereo and len(frame.layout.channels) > 2
        # As the first frame: broadcasts change between 5.1 and stereo on their way.
        self.layout = self.layout or ("stereo" if mixed else frame.layout.name)
        resampler = av.AudioResampler(format="fltp", layout=self.layout, rate=self.rate)
        for part in (frame, None):
            for made in resampler.resample(part):
                yield made.to_ndarray()


def _joined(pieces: list[Piece], channels: int, count: int) -> Tensor:
    """Pieces laid at their places on silence."""
    wave = torch.zeros(channels, count)
    for at, samples in pieces:
        begin, end = max(at, 0), min(at + samples.shape[1], count)
        if end > begin:
            wave[:, begin:end] = torch.from_numpy(samples[:, begin - at : end - at])
    return wave
