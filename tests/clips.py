"""Small clips written on the spot: a bright square that moves from left to right on grey."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_clip(
    path: Path, seconds: float = 1.2, fps: Fraction | int = 25, width: int = 96, height: int = 64
) -> Path:
    """H.264 without sound, round(seconds * fps) frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frames = max(1, round(seconds * fps))
        for i in range(frames):
            image = np.full((height, width, 3), 60, np.uint8)
            x = round((width - 16) * i / max(1, frames - 1))
            image[20:36, x : x + 16] = (250, 220, 40)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
