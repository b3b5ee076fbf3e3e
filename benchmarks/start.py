"""How long a system of real size takes to its first step, and how much memory each stage holds: a table.

    python benchmarks/start.py --weights DIR [--film FILE] [--seconds 0.7] [--dtype auto] [--keep]

DIR holds a system's files. Without it a system of mmaudio_large_44k_v2's sizes is written, with random
values in float32 (10 GB, in the folder for temporary files), and removed at the end. All stages run in one
fresh process: words to tokens, the film (with --film) to tokens, one step of sampling with guidance, latent
to sound. Peaks are the process's whole resident memory, of which "mapped" are pages of the weight files
that the system takes back when it needs the room; Linux says them. What lies in the system's cache of files
is not read from the disk again: a first start after booting takes as much longer as the disk is slow.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODEL = "mmaudio_large_44k_v2"
PARTS = {  # file -> its networks: part of the preset -> kind
    "flow": {"generator": "mmdit"},
    "clip": {"visual": "clip_visual", "text": "clip_text"},
    "synchformer": {"sync": "synchformer"},
    "vae": {"vae": "vae"},
    "bigvgan": {"vocoder": "vocoder"},
}


def write_system(folder: Path) -> None:
    """Files of our own form; small random values keep what runs through them finite."""
    import torch

    from kling_foley_core.checkpoints import save_bundle
    from kling_foley_core.checkpoints.kinds import KINDS
    from kling_foley_core.presets import PRESETS

    for name, parts in PARTS.items():
        networks = {}
        for part, kind in parts.items():
            config = getattr(PRESETS[MODEL], part)
            shapes = KINDS[kind].build(config, device="meta").state_dict()
            state = {n: torch.rand(t.shape).mul_(0.02) for n, t in shapes.items()}
            networks[part] = (kind, state, config)
        save_bundle(folder / f"{name}.safetensors", networks)


def memory(field: str) -> float:
    """MB, of /proc/self/status: VmHWM, RssAnon or RssFile."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith(field)).split()[1]) / 1024


class Stages:
    """Rows of the table, as stages end; a progress callback that adds up what is spent in loading."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.loading, self.begun = 0.0, None

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        if stage.startswith("loading"):
            self.loading += 0.0 if self.begun is None else now - self.begun
            self.begun = None if done == total else now

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        begin, self.loading, self.begun = time.perf_counter(), 0.0, None
        yield
        row = {"stage": name, "seconds": time.perf_counter() - begin, "loading": self.loading}
        peaks = {"peak": memory("VmHWM"), "own": memory("RssAnon"), "mapped": memory("RssFile")}
        self.rows.append(row | peaks)


def run_stages(options: argparse.Namespace) -> None:
    """What the fresh process does; prints its rows as JSON."""
    stages = Stages()
    with stages.stage("import"):
        from kling_foley_core.flow import time_grid
        from kling_foley_core.generation.pipeline import FoleyPipeline
        from kling_foley_core.generation.video_features import VideoFeatures
    with stages.stage("headers"):
        pipeline = FoleyPipeline.from_pretrained(
            options.weights, "cpu", options.dtype, stages, keep_loaded=options.keep or None
        )
    with stages.stage("text"):
        texts = pipeline.encode_prompts("a hammer strikes an anvil", "", options.seconds)
    features = VideoFeatures(None, None, options.seconds, 0.0, options.seconds)
    if options.film is not None:
        with stages.stage("film"):
            features = pipeline.encode_video(options.film, seconds=options.seconds, progress=stages)
    with stages.stage("first step"):
        latent = pipeline.sample(features, *texts, time_grid(1), 4.5)
    with stages.stage("sound"):
        pipeline.decode(latent, features, stereo="mono")
    print(json.dumps({"dtype": str(pipeline.dtype).removeprefix("torch."), "rows": stages.rows}))


def fresh_process(options: argparse.Namespace, weights: Path) -> dict[str, Any]:
    given = ["--weights", weights, "--seconds", options.seconds, "--dtype", options.dtype, "--here"]
    given += ["--film", options.film] if options.film is not None else []
    given += ["--keep"] if options.keep else []
    command = [sys.executable, __file__, *map(str, given)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(result: dict[str, Any]) -> Iterator[str]:
    yield "| stage | seconds | of these loading | peak, MB | at its end: own | mapped |"
    yield "|---|---|---|---|---|---|"
    for row in result["rows"]:
        sizes = " | ".join(f"{row[name]:.0f}" for name in ("peak", "own", "mapped"))
        yield f"| {row['stage']} | {row['seconds']:.2f} | {row['loading']:.2f} | {sizes} |"
    first = next(i for i, row in enumerate(result["rows"]) if row["stage"] == "first step")
    total = sum(row["seconds"] for row in result["rows"][: first + 1])
    peak = max(row["peak"] for row in result["rows"])
    yield f"\n{total:.1f} s to the end of the first step; {peak:.0f} MB at most, in {result['dtype']}"


def seconds_of(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="DIR")
    parser.add_argument("--film", type=Path)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--keep", action="store_true", help="hold all networks together")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return run_stages(options)
    command = [sys.executable, "-m", "kling_foley_core.cli", "--help"]
    started = seconds_of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    print(f"the command's help: {started:.2f} s\n")
    with tempfile.TemporaryDirectory() as made:
        weights = options.weights or Path(made)
        if options.weights is None:
            write_system(weights)
        for line in table(fresh_process(options, weights)):
            print(line)


if __name__ == "__main__":
    main()
