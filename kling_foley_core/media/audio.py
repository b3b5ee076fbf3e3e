"""Sound in and out: load_audio (any container, a window of it), resample, save_audio (wav, flac, mp3).

wave float32 [C, N] in -1..1, rate in samples a second. Decoding, resampling (band-limited, FFmpeg's
swresample) and encoding go through PyAV, so nothing depends on torchaudio. Time 0 is the video's first frame,
or the first sample where there is no video; a late start and gaps in the track are silence. Our choice
throughout.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import PIECE, let_go, piecewise, room_for
from ..files.whole_file import whole_file
from ..limits import MAX_SAMPLING_RATE
from ..marks.label import labelled
from .encode_audio import FLAC, MP3, PCM, AudioCodec, add_audio_stream, checked_wave, encoded_wave
from .frames import VideoFrames
from .framing import framing_note
from .source import Source, open_file, open_media, source_name
from .streams import audio_stream, film_streams
from .track import Track
from .window import checked_seconds, checked_start

_log = logging.getLogger(__name__)

_CODECS = {".wav": PCM, ".flac": FLAC, ".mp3": MP3}


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
    formats. Damage and an early end are logged.
    """
    if channels not in (None, 1, 2):
        raise InputError(f"channels = {channels}: choose 1, 2, or None for the file's own.")
    if sampling_rate is not None and not 1 <= sampling_rate <= MAX_SAMPLING_RATE:
        raise InputError(
            f"sampling_rate = {sampling_rate}: give samples per second up to {MAX_SAMPLING_RATE}, "
            "for example 44100."
        )
    begin, length = checked_start(start), checked_seconds(seconds)
    name = source_name(source)
    zero = video_zero(source, name)
    with open_media(source) as container:
        stream = audio_stream(container, name)
        track = Track(container, stream, name, zero, mix_to_stereo=channels == 2)
        wave, rate = track.window(begin, length)
    with open_file(source) as file:
        framing = framing_note(file, name) if length is None else None
    if note := track.note() or framing:
        _log.warning(note)
    if channels == 1:
        wave = piecewise(lambda part: part.mean(0, keepdim=True), wave)
    elif channels == 2 and wave.shape[0] == 1:
        wave = piecewise(lambda part: part.repeat(2, 1), wave)
    if sampling_rate is not None and sampling_rate != rate:
        wave = resample(wave, rate, sampling_rate)
        rate = sampling_rate
    return wave, rate


def resample(wave: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """[..., N] -> [..., round(N * to / from)], float32 on the CPU, every row by itself, without delay."""
    if from_rate == to_rate:
        return wave
    samples = wave.shape[-1]
    wanted = round(Fraction(samples * to_rate, from_rate))
    rows = wave.detach().to("cpu", torch.float32).reshape(-1, samples)
    out = room_for(len(rows), wanted)
    for row, target in zip(rows, out, strict=True):
        done = 0
        for made in _resampled(row, from_rate, to_rate):
            line = torch.from_numpy(made)[: wanted - done]
            target[done : done + len(line)] = line
            done += len(line)
            let_go(wave, out)
    return out.reshape(*wave.shape[:-1], wanted)


def sound_codec(path: str | os.PathLike, rate: int) -> AudioCodec:
    """How a sound of `rate` is encoded in a file of that name; InputError for what can't be."""
    suffix = Path(path).suffix.lower()
    if suffix not in _CODECS:
        raise InputError(
            f"output '{path}': can't write {suffix or 'a file without suffix'}; use .wav, .flac or .mp3."
        )
    codec = _CODECS[suffix]
    rates = codec.rates()
    if rates is not None and rate not in rates:
        raise InputError(
            f"rate = {rate}: {suffix} takes {sorted(rates)}; resample the sound or write .wav or .flac."
        )
    return codec


def _resampled(row: Tensor, from_rate: int, to_rate: int) -> Iterator[np.ndarray]:
    """[N] as the resampler makes it, piece by piece."""
    import av

    resampler = av.AudioResampler(format="fltp", layout="mono", rate=to_rate)
    for begin in range(0, len(row), PIECE):
        samples = row[None, begin : begin + PIECE].contiguous().numpy()
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = from_rate, begin, Fraction(1, from_rate)
        yield from (made.to_ndarray()[0] for made in resampler.resample(frame))
    yield from (made.to_ndarray()[0] for made in resampler.resample(None))


def save_audio(path: str | os.PathLike, wave: Tensor, rate: int, *, label: str | None = None) -> None:
    """Writes [C, N] (1 or 2 channels) as .wav or .flac (16 bit) or .mp3 (256 kb/s), with `label`
    (marks/label.py) in its comment; samples are clamped to -1..1.
    """
    import av

    codec, wave = sound_codec(path, rate), checked_wave(wave, rate)
    with whole_file(path) as temporary, av.open(str(temporary), "w") as container:
        container.metadata.update(labelled({}, label))
        stream = add_audio_stream(container, codec, rate, wave.shape[0])
        for packet in encoded_wave(stream, codec, wave, rate):
            container.mux(packet)


def video_zero(source: Source, name: str) -> Fraction | None:
    """The container's clock at the video's first frame; None without (readable) video."""
    with open_media(source) as container:
        if not film_streams(container):
            return None
        return VideoFrames(container, name).zero
