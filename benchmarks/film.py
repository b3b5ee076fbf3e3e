"""A film of any length to measure with: a square that moves over a plain ground, H.264, no sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE, FPS, SQUARE = (640, 360), 25, 80


def film(path: Path, seconds: float, size: tuple[int, int] = SIZE) -> Path:
    """Written to `path` unless it is there. No two neighbouring frames are alike."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.mp4")
    width, height = size
    with av.open(draft, "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for index in range(round(seconds * FPS)):
            picture = np.full((height, width, 3), 40, dtype=np.uint8)
            x, y = 7 * index % (width - SQUARE), 5 * index % (height - SQUARE)
            picture[y : y + SQUARE, x : x + SQUARE] = (220, 180, 60)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    draft.rename(path)
    return path
