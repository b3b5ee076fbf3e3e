"""What reading a second of film costs, for both encoders' views: a table of sizes, rates and codecs.

    python benchmarks/reading.py [--seconds 2] [--film FILE ...] [--whole]

Makes its films (detailed pictures that move, with noise) in a temporary folder, or reads yours. CPU seconds
are those of the whole process, the least of --repeats; `decoded` counts pictures that come out of the
decoder, with the probe's; the last column is CPU seconds over those of the first film. --whole decodes every
picture.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
import torch

from kling_foley_core.media import FrameView, probe, read_slots
from kling_foley_core.media.frames import VideoFrames

VIEWS = {"visual": FrameView(8, 384, "stretch"), "sync": FrameView(25, 224, "crop")}
HD, UHD = (1920, 1080), (3840, 2160)
X264 = {"preset": "veryfast", "bf": "3"}
FILMS = [  # what, size, frames a second, file, codec, pixel format, options
    ("H.264 1080p25", HD, 25, "a.mp4", "libx264", "yuv420p", X264),
    ("H.264 1080p60", HD, 60, "b.mp4", "libx264", "yuv420p", X264),
    ("H.264 4K25", UHD, 25, "c.mp4", "libx264", "yuv420p", X264),
    ("H.264 4K60", UHD, 60, "d.mp4", "libx264", "yuv420p", X264),
    ("HEVC 4K60 10 bit", UHD, 60, "e.mp4", "libx265", "yuv420p10le", {"preset": "ultrafast"}),
    ("VP9 4K60", UHD, 60, "f.webm", "libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
    ("MJPEG 4K60", UHD, 60, "g.mov", "mjpeg", "yuvj420p", {}),
    ("ProRes 4K60", UHD, 60, "h.mov", "prores_ks", "yuv422p10le", {}),
]


def pictures(size: tuple[int, int], count: int) -> Iterator[np.ndarray]:
    """uint8 [H, W, 3]: a picture of soft shapes and fine noise that goes 8 pixels a frame to the side."""
    width, height = size
    coarse = torch.rand(1, 3, height // 40, width // 40, generator=torch.Generator().manual_seed(0)) * 200
    still = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")[0].permute(1, 2, 0)
    noise = np.random.default_rng(0).integers(0, 12, (height, width, 3))
    picture = (still.numpy().clip(0, 230) + noise).astype(np.uint8)
    for i in range(count):
        yield np.roll(picture, 8 * i, 1)


def make(
    path: Path, size: tuple[int, int], fps: int, codec: str, pix_fmt: str, options: dict, seconds: float
):
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options={**options, **quiet})
        (stream.width, stream.height), stream.pix_fmt = size, pix_fmt
        for i, picture in enumerate(pictures(size, round(seconds * fps))):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def cost(path: Path, repeats: int, whole: bool) -> tuple[float, float, float, int]:
    """(seconds of film, wall and CPU seconds for each of them, pictures decoded)."""
    length, best, count = float(probe(path).duration), (float("inf"),) * 2, 0
    plain = VideoFrames._decode

    def counting(self, packet):
        nonlocal count
        frames = plain(self, packet)
        count += len(frames)
        return frames

    with ExitStack() as patches:
        patches.enter_context(patch.object(VideoFrames, "_decode", counting))
        if whole:
            patches.enter_context(patch("kling_foley_core.media.frames.spares", lambda stream: None))
        for _ in range(repeats):
            count, wall, cpu = 0, time.perf_counter(), time.process_time()
            for _ in read_slots(path, VIEWS):
                pass
            best = min(best, ((time.process_time() - cpu) / length, (time.perf_counter() - wall) / length))
    return length, best[1], best[0], count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2, help="length of the films made")
    parser.add_argument("--film", type=Path, nargs="+", default=[], help="files to read instead")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--whole", action="store_true", help="decode every picture")
    options = parser.parse_args()
    print("| film | seconds | wall s/s | CPU s/s | decoded | of | to the first |")
    print("|---|---|---|---|---|---|---|")
    first = None
    with tempfile.TemporaryDirectory() as folder:
        made = [] if options.film else FILMS
        for name, size, fps, file, codec, pix_fmt, how in made:
            path = Path(folder) / file
            make(path, size, fps, codec, pix_fmt, how, options.seconds)
            first = row(name, path, options, first)
            path.unlink()
        for path in options.film:
            first = row(path.name, path, options, first)


def row(name: str, path: Path, options: argparse.Namespace, first: float | None) -> float:
    """Prints it; the first film's CPU seconds."""
    length, wall, cpu, decoded = cost(path, options.repeats, options.whole)
    first = first or cpu
    frames = round(length * probe(path).frame_rate)
    print(
        f"| {name} | {length:.2f} | {wall:.3f} | {cpu:.3f} | {decoded} | {frames} | {cpu / first:.2f} |",
        flush=True,
    )
    return first


if __name__ == "__main__":
    main()
