"""Small made-up clips whose truth is known: frame i carries its number as grey levels, upper half i // 16,
lower half i % 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from torch import Tensor

RATES = [8, 12, Fraction(24000, 1001), 24, 25, Fraction(30000, 1001), 30, 50, 60, 120]
QUARTER_TURNS = {  # degrees clockwise: the display matrix' a, b, c, d
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}


def numbered(i: int, width: int, height: int) -> np.ndarray:
    """uint8 [H, W, 3]."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2] = 10 + 15 * (i // 16)
    picture[height // 2 :] = 10 + 15 * (i % 16)
    return picture


def numbers(frames: Tensor) -> list[int]:
    """The numbers carried by uint8 [T, 3, S, S]; fails where a picture is a mixture of two frames."""
    size = frames.shape[-1]
    upper = frames[..., : size // 2 - 2, :].float().mean((1, 2, 3))
    lower = frames[..., size // 2 + 2 :, :].float().mean((1, 2, 3))
    found = []
    for high, low in zip(((upper - 10) / 15).tolist(), ((lower - 10) / 15).tolist(), strict=True):
        assert abs(high - round(high)) < 0.3 and abs(low - round(low)) < 0.3, (
            f"no clear number: {high}, {low}"
        )
        found.append(16 * round(high) + round(low))
    return found


def steady(rate: Fraction | int, count: int, first: Fraction | int = 0) -> list[Fraction]:
    return [Fraction(first) + Fraction(i) / Fraction(rate) for i in range(count)]


def write_clip(
    path: Path | object,
    times: Sequence[Fraction],
    *,
    last: Fraction | None = None,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    b_frames: int = 2,
    format: str | None = None,
    pictures: Sequence[np.ndarray] | None = None,
    sound: np.ndarray | None = None,
    sound_rate: int = 48000,
    sound_layout: str = "stereo",
    sound_codec: str = "aac",
    sound_at: Fraction | int = 0,
    tags: dict[str, str] | None = None,
    colour: int | None = None,
) -> list[Fraction]:
    """Writes numbered frames (or `pictures`) at `times`, `last` = how long the last is shown; returns the
    times.
    """
    options = {"bf": str(b_frames)} if codec in ("libx264", "mpeg2video") else {}
    if codec == "libx264":
        options |= {"crf": "10", "sc_threshold": "0"}
    target = str(path) if isinstance(path, Path) else path
    rate = 1 / (times[1] - times[0]) if len(times) > 1 else Fraction(25)
    last = last if last is not None else 1 / rate
    ends = [*times[1:], times[-1] + last]
    # all of RATES are whole numbers of the fine ticks; MPEG-2, MPEG-4 and avi want one tick a frame
    coarse = codec in ("mpeg4", "mpeg2video") or str(path).endswith("avi")
    tick = 1 / rate if coarse else Fraction(1, 120000)
    # mp4 stores where tracks begin in units of the movie's clock, by default milliseconds
    movie = {"movie_timescale": "48000"} if str(path).endswith("mp4") else {}
    with av.open(target, "w", format=format, options=movie) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1001), options=options)
        (stream.width, stream.height), stream.pix_fmt = size, pix_fmt
        stream.codec_context.gop_size, stream.codec_context.time_base = gop, tick
        if colour is not None:
            stream.codec_context.colorspace = colour
        track = None
        if sound is not None:
            track = container.add_stream(sound_codec, rate=sound_rate, layout=sound_layout)
        shown = {round(t / tick): round((e - t) / tick) for t, e in zip(times, ends, strict=True)}
        for i, time in enumerate(times):
            picture = pictures[i] if pictures is not None else numbered(i, *size)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time / tick), tick
            _write(container, stream.encode(frame), shown)
        _write(container, stream.encode(None), shown)
        if track is not None:
            _write_sound(container, track, sound, sound_rate, sound_layout, Fraction(sound_at))
    return list(times)


def turned(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Writes a display matrix into the video track header of an mp4, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version, flags, times, id, duration, layer, volume
    a, b, c, d = (v * 65536 for v in matrix)
    data[at : at + 36] = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes()
    path.write_bytes(data)


def _write(container, packets, shown: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = shown.get(packet.pts, packet.duration or 0)
        container.mux(packet)


def _write_sound(container, track, sound: np.ndarray, rate: int, layout: str, at: Fraction) -> None:
    for begin in range(0, sound.shape[1], 1024):
        piece = np.ascontiguousarray(sound[:, begin : begin + 1024], np.float32)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = round(at * rate) + begin
        container.mux(track.encode(frame))
    container.mux(track.encode(None))
