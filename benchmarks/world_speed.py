"""How fast the generated world is: milliseconds of one core's time an 8 s clip. `python
benchmarks/world_speed.py`.

Processor time, not the clock's, so that other work on the machine counts less. Prints a table with the device
and the date; nothing is asserted.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from kling_foley_core.foley_world import Scene, make_scene, render_frames, render_sound, truth_of  # noqa: E402

STAGES: dict[str, Callable[[Scene], object]] = {
    "frames 112x112 at 25 fps": lambda scene: render_frames(scene, (112, 112), 25),
    "frames 224x224 at 25 fps": lambda scene: render_frames(scene, (224, 224), 25),
    "frames 224x224 at 8 fps": lambda scene: render_frames(scene, (224, 224), 8),
    "sound, stereo at 44.1 kHz": lambda scene: render_sound(scene, 44100),
    "truth": truth_of,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for stage in STAGES.values():  # not counted: the first call of each finds its kernels
        stage(make_scene(0, seconds=options.seconds))
    took: dict[str, list[float]] = {"scene": [], **{name: [] for name in STAGES}}
    for seed in range(options.clips):
        begin = time.process_time()
        scene = make_scene(seed, seconds=options.seconds)
        took["scene"].append(time.process_time() - begin)
        for name, stage in STAGES.items():
            begin = time.process_time()
            stage(scene)
            took[name].append(time.process_time() - begin)
    training = ("scene", "frames 112x112 at 25 fps", "sound, stereo at 44.1 kHz", "truth")
    took["a training clip: these but 224x224"] = [
        sum(t) for t in zip(*(took[n] for n in training), strict=True)
    ]
    lines = [
        f"{options.clips} clips of {options.seconds:g} s, one thread, {_device()}, {datetime.date.today()}",
        f"{'stage':36s} {'median ms':>10s} {'worst ms':>10s}",
    ]
    lines += [f"{n:36s} {1e3 * statistics.median(v):10.1f} {1e3 * max(v):10.1f}" for n, v in took.items()]
    print("\n".join(lines))  # noqa: T201


def _device() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


if __name__ == "__main__":
    main()
