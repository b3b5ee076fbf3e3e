"""Films with sound, written on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from torch import Tensor

from .sounds import RATE


def write_film(
    path: Path, sound: Tensor | None, seconds: float, seed: int, *, width: int = 160, quality: int = 20,
    bit_rate: int = 128_000, still: bool = False,
) -> Path:  # fmt: skip
    """Coloured squares that drift over a ground of their own, 10 frames a second; `still`: they don't."""
    pictures = [_picture(seed, 0 if still else k / 10) for k in range(round(10 * seconds))]
    with av.open(str(path), "w") as out:
        film = out.add_stream("libx264", rate=10, options={"crf": str(quality), "preset": "veryfast"})
        film.width, film.height, film.pix_fmt = width, width * 3 // 4, "yuv420p"
        track = None
        if sound is not None:
            track = out.add_stream("aac", rate=RATE, layout="stereo" if len(sound) > 1 else "mono")
            track.bit_rate = bit_rate
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(film.width, film.height, "yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, 10)
            out.mux(film.encode(frame))
        out.mux(film.encode(None))
        if track is not None:
            frame = av.AudioFrame.from_ndarray(sound.numpy(), format="fltp", layout=track.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            out.mux(track.encode(frame))
            out.mux(track.encode(None))
    return path


def _picture(seed: int, time: float) -> np.ndarray:
    """uint8 [240, 320, 3]."""
    draw = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:240, 0:320]
    picture = np.stack([rows * draw.uniform(0, 0.4) + columns * draw.uniform(0, 0.3) for _ in range(3)], -1)
    for _ in range(12):
        x, y, speed, turn = draw.uniform(size=4)
        left = int((x * 320 + (speed - 0.5) * 120 * time) % 290)
        top = int((y * 240 + (turn - 0.5) * 120 * time) % 210)
        picture[top : top + 30, left : left + 30] = draw.integers(0, 256, 3)
    return picture.clip(0, 255).astype(np.uint8)
