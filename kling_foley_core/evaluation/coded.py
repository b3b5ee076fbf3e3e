"""A sound as it is after a lossy codec: encoded by FFmpeg and decoded again, in memory.

wave float [C, N], C = 1 or 2, at `rate` -> (wave, rate). The beginning may be shifted by the codec's delay,
which containers note and players cut off. Our choice.
"""

from __future__ import annotations

import io

from torch import Tensor

from ..media.audio import load_audio, resample
from ..media.encode_audio import AudioCodec, add_audio_stream, checked_wave, encoded_wave

# name -> encoder with bits per second, container
CODECS = {
    "AAC 128 kbit/s": (AudioCodec("aac", "fltp", 128_000), "mp4"),
    "MP3 128 kbit/s": (AudioCodec("libmp3lame", "fltp", 128_000), "mp3"),
    "Opus 64 kbit/s": (AudioCodec("libopus", "flt", 64_000), "ogg"),
}
COMMON = 48_000  # for encoders that don't take the sound's rate


def coded(wave: Tensor, rate: int, name: str) -> tuple[Tensor, int]:
    """`name`: one of CODECS."""
    import av

    codec, container = CODECS[name]
    if rate not in (codec.rates() or (rate,)):
        wave, rate = resample(wave, rate, COMMON), COMMON
    wave = checked_wave(wave, rate)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = add_audio_stream(out, codec, rate, wave.shape[0])
        for packet in encoded_wave(stream, codec, wave, rate):
            out.mux(packet)
    file.seek(0)
    return load_audio(file)
