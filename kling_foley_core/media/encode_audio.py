"""Encodes a waveform into a stream of an open output container: PCM, FLAC, MP3, AAC or Opus.

wave float [C, N], C = 1 or 2, in -1..1 -> packets whose timestamps start at 0 (before it: the encoder's own
delay, which the container notes so that players cut it off). Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import PIECE, let_go, piecewise

if TYPE_CHECKING:
    from av import AudioFrame, Packet
    from av.audio.stream import AudioStream
    from av.container import OutputContainer


@dataclass(frozen=True)
class AudioCodec:
    """An FFmpeg encoder and the sample format it is fed with."""

    name: str
    sample_format: str
    bit_rate: int | None

    def rates(self) -> tuple[int, ...] | None:
        """Sampling rates the encoder takes; None: any."""
        import av

        return av.Codec(self.name, "w").audio_rates or None


PCM = AudioCodec("pcm_s16le", "s16", None)
FLAC = AudioCodec("flac", "s16", None)
MP3 = AudioCodec("libmp3lame", "fltp", 256_000)
AAC = AudioCodec("aac", "fltp", 256_000)
OPUS = AudioCodec("libopus", "flt", 192_000)


def checked_wave(wave: Tensor, rate: int) -> Tensor:
    """float32 [C, N] on the CPU, clamped to -1..1; InputError for other shapes, no samples, NaN or a bad
    rate.
    """
    if wave.ndim != 2 or wave.shape[0] not in (1, 2) or wave.shape[1] == 0:
        raise InputError(
            f"wave of shape {tuple(wave.shape)}: give [channels, samples] with 1 or 2 channels "
            "and at least one sample."
        )
    if rate != int(rate) or rate < 1:
        raise InputError(
            f"rate = {rate}: give the sampling rate in whole samples per second, for example 44100."
        )
    wave = wave.detach().to("cpu", torch.float32)
    if not all(torch.isfinite(part).all() for part in wave.split(PIECE, 1)):
        raise InputError(
            "wave has samples that are NaN or infinite; the network that made it overflowed: "
            "use float32 or bfloat16."
        )
    return clamped(wave)


def clamped(wave: Tensor) -> Tensor:
    """Clamped to -1..1; itself where nothing lies beyond."""
    if all(part.abs().amax() <= 1 for part in wave.split(PIECE, 1)):
        return wave
    return piecewise(lambda part: part.clamp(-1, 1), wave)


def add_audio_stream(container: OutputContainer, codec: AudioCodec, rate: int, channels: int) -> AudioStream:
    """A new stream; must be added before the first packet is written."""
    stream = container.add_stream(codec.name, rate=rate, layout="mono" if channels == 1 else "stereo")
    stream.codec_context.format = codec.sample_format
    stream.codec_context.time_base = Fraction(1, rate)
    if codec.bit_rate is not None:
        stream.bit_rate = codec.bit_rate
    return stream


def encoded_wave(stream: AudioStream, codec: AudioCodec, wave: Tensor, rate: int) -> Iterator[Packet]:
    """The packets, made one second of sound at a time."""
    for begin in range(0, wave.shape[1], rate):
        frame = _frame(wave[:, begin : begin + rate], codec.sample_format)
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        let_go(wave)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _frame(wave: Tensor, sample_format: str) -> AudioFrame:
    import av

    layout = "mono" if wave.shape[0] == 1 else "stereo"
    if sample_format == "fltp":
        return av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.numpy()), format="fltp", layout=layout)
    # Full scale is 32768, as decoders have it, so that a file read and saved again stays the same.
    samples = (wave * 32768).round().clamp(-32768, 32767).to(torch.int16) if sample_format == "s16" else wave
    interleaved = samples.T.reshape(1, -1).contiguous().numpy()
    return av.AudioFrame.from_ndarray(interleaved, format=sample_format, layout=layout)
