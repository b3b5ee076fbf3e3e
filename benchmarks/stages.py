"""Seconds each stage takes, from file to file: python benchmarks/stages.py [--model small|FOLDER] [--runs 3]
[VIDEO ...]

Prints a table with the device, the threads and the date; the median of the runs after one that warms up.
Without a VIDEO the embedded clip of 8 seconds is used.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from kling_foley_core import demo
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.media import mux, probe


class Stopwatch:
    """A progress callback that adds up the time until each stage reports."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.last = time.perf_counter()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self.last
        self.last = now


def run(pipeline: FoleyPipeline, video: Path, folder: Path) -> dict[str, float]:
    """One generation with the default solver and guidance, muxed; stage -> seconds, and "all"."""
    watch = Stopwatch()
    began = watch.last
    sound = pipeline.generate(video=video, prompt="a ball bounces", progress=watch)
    mux(video, sound.waveform[0], sound.sampling_rate, folder / "out.mp4")
    watch("mux", 1, 1)
    return watch.stages | {"all": time.perf_counter() - began}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    pipeline = FoleyPipeline.from_pretrained(options.model)
    machine = f"{platform.machine()}, {pipeline.device}, {torch.get_num_threads()} threads"
    print(f"{machine}, torch {torch.__version__}, {datetime.date.today()}")
    print(f"model {options.model}, the default solver with guidance, median of {options.runs}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        videos = options.videos or [demo.CLIP]
        rows = {}
        for video in videos:
            run(pipeline, video, folder)
            measured = [run(pipeline, video, folder) for _ in range(options.runs)]
            rows[video] = {s: statistics.median(m[s] for m in measured) for s in measured[0]}
        stages = list(next(iter(rows.values())))
        print("| clip | length | " + " | ".join(stages) + " |")
        print("|---|---" + "|---" * len(stages) + "|")
        for video, row in rows.items():
            length = float(probe(video).duration)
            print(
                f"| {video.stem} | {length:.2f} s | " + " | ".join(f"{row[s]:.2f} s" for s in stages) + " |"
            )


if __name__ == "__main__":
    sys.exit(main())
