"""Seconds of the command's first and second take of one film, as whole processes.

    python benchmarks/second_take.py [VIDEO] [--model small|FOLDER] [--runs 3]
    python benchmarks/second_take.py --random mmaudio_small_44k --seconds 4

Each run has a cache folder of its own: the first take finds it empty, the second, with another seed, finds
film and text encoded; with --no-cache it does not. Medians of the runs, which take turns. --random: untrained
networks of a preset's sizes, whose files are made first. Without a VIDEO the embedded clip.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from kling_foley_core import demo
from kling_foley_core.checkpoints import save_own
from kling_foley_core.encoders.text.clip import ClipTextConfig
from kling_foley_core.presets import PRESETS
from kling_foley_core.systems.assembly import KIND_OF_PART, untrained

FIRST, SECOND, WITHOUT = "first take", "second take", "second take, --no-cache"


def taken(folder: Path, cache: Path, options: list[str]) -> tuple[float, float, float]:
    """(seconds by the clock, processor seconds, peak memory in GB) of one process."""
    command = [sys.executable, "-m", "kling_foley_core.cli", "generate", *options]
    command += ["--output", str(folder / "out.mp4")]
    began = time.perf_counter()
    with (folder / "log").open("w+") as log:
        environment = os.environ | {"KLING_FOLEY_CACHE": str(cache)}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(log.read())
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def made_weights(preset: str, folder: Path) -> Path:
    """Files of untrained networks in the sizes of a preset."""
    for part in ("generator", "text", "visual", "sync", "vae", "vocoder", "stereo"):
        config = getattr(PRESETS[preset], part)
        if config is None:
            continue
        text = "clip_text" if isinstance(config, ClipTextConfig) else "t5"
        kind = text if part == "text" else KIND_OF_PART.get(part, part)
        save_own(folder / f"{part}.safetensors", untrained(PRESETS[preset], part).state_dict(), kind, config)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path, default=demo.CLIP)
    parser.add_argument("--model", default="small")
    parser.add_argument("--random", choices=sorted(PRESETS), help="a preset whose networks are made for this")
    parser.add_argument("--seconds", type=float, help="of the film; default: all of it")
    parser.add_argument("--steps", type=int, help="default: the command's own")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    threads = f"{platform.machine()}, {torch.get_num_threads()} threads"
    print(f"{threads}, torch {torch.__version__}, {datetime.date.today()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = (
            options.model if options.random is None else str(made_weights(options.random, folder / "model"))
        )
        given = [str(options.video), "--prompt", "a ball bounces", "--model", model]
        given += [] if options.steps is None else ["--steps", str(options.steps)]
        given += [] if options.seconds is None else ["--seconds", str(options.seconds)]
        times: dict[str, list[tuple[float, float, float]]] = {FIRST: [], SECOND: [], WITHOUT: []}
        for run in range(options.runs):
            cache = folder / f"cache{run}"
            times[FIRST].append(taken(folder, cache, given))
            times[SECOND].append(taken(folder, cache, [*given, "--seed", "1"]))
            times[WITHOUT].append(taken(folder, cache, [*given, "--seed", "1", "--no-cache"]))
        kept = sum(path.stat().st_size for path in cache.iterdir())
    print(
        f"model {options.random or options.model}, {options.steps or 'default'} steps, "
        f"median of {options.runs}; ",
        end="",
    )
    print(f"{kept / 2**20:.1f} MiB are kept\n")
    print("| run | seconds | processor seconds | peak memory |\n|---|---|---|---|")
    for name, runs in times.items():
        clock, used, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"| {name} | {clock:.1f} | {used:.1f} | {peak:.2f} GB |")


if __name__ == "__main__":
    main()
