"""Time and memory of `small` against the length of the film and the size of the batch: tables, fits, a
picture.

    python benchmarks/growth.py [--picture benchmarks/results/pictures/growth.png]
    python benchmarks/growth.py --lengths 4 8 16 --batches

Each point is a process of its own: a film of 640x360 at 25 frames a second goes from its file to the wave,
with the default number of steps. Seconds of loading and of the start of Python are not counted. Memory is the
most that the process held: peak of all, and own of what is not pages of files, which the system takes back.
Fitted are a + b x, to relative errors, over processor seconds, which other programs disturb little, and over
own memory; and the slope of the upper half of the points on logarithmic axes, which is 1 where time grows
with length and 2 where it grows with its square.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from alone import Alone, run_alone, told
from chart import Panel, chart
from compare.machine import described
from film import film

from kling_foley_core.generation.pipeline import FoleyPipeline

LENGTHS = (4, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 120, 300, 600)  # seconds
BATCHES = (1, 2, 4, 8, 16)
BATCH_SECONDS = 8
LENGTH, BATCH = "seconds of film", f"sounds at once, {BATCH_SECONDS} s each"
PROMPT = "a ball bounces"


@dataclass(frozen=True)
class Fit:
    """y = base + rate x; `slope`: of log y over log x, upper half of the points."""

    base: float
    rate: float
    slope: float

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> Fit:
        x, y = np.array(points, dtype=float).T
        rate, base = np.polyfit(x, y, 1, w=1 / y)
        half = len(x) // 2 if len(x) > 3 else 0
        slope = np.polyfit(np.log(x[half:]), np.log(y[half:]), 1)[0]
        return cls(float(base), float(rate), float(slope))

    def at(self, x: float) -> float:
        return self.base + self.rate * x

    def said(self, unit: str, of: str) -> str:
        return f"{_short(self.base)} + {_short(self.rate)} {unit} a {of}, slope {self.slope:.2f}"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"


class Points:
    """What was measured of (seconds, batch), kept in a JSON file if one is given."""

    def __init__(self, films: Path, kept: Path | None = None) -> None:
        self.films, self.kept = films, kept
        known = json.loads(kept.read_text()) if kept is not None and kept.exists() else {}
        self.found = {name: Alone(**values) for name, values in known.items()}

    def of(self, seconds: int, batch: int) -> Alone:
        name = f"{seconds}:{batch}"
        if name not in self.found:
            self.found[name] = self.measured(name)
            if self.kept is not None:
                self.kept.parent.mkdir(parents=True, exist_ok=True)
                known = {name: asdict(one) for name, one in self.found.items()}
                self.kept.write_text(json.dumps(known, indent=1))
        return self.found[name]

    def measured(self, name: str) -> Alone:
        seconds = int(name.split(":")[0])
        film(self.films / f"film_{seconds}s.mp4", seconds)
        return run_alone([sys.argv[0], "--films", str(self.films), "--alone", name])


def alone_line(point: str, films: Path) -> str:
    """What the process of one point has to say."""
    seconds, batch = map(int, point.split(":"))
    video = films / f"film_{seconds}s.mp4"

    def load():
        pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
        return lambda: pipeline.generate(video=video, prompt=PROMPT, batch=batch)

    return told(load)


def fitted(name: str, unit: str, points: dict[int, Alone]) -> list[Panel]:
    """Prints the fits; the two panels of the picture."""
    times = [(float(x), found.cpu) for x, found in points.items()]
    memory = [(float(x), float(found.own)) for x, found in points.items()]
    fits = Fit.of(times), Fit.of(memory)
    print(f"\nprocessor time: {fits[0].said('s', unit)}\nown memory: {fits[1].said('MB', unit)}\n")
    return [
        Panel(f"processor seconds: {fits[0].said('s', unit)}", name, times, fits[0].at),
        Panel(f"own memory, MB: {fits[1].said('MB', unit)}", name, memory, fits[1].at),
    ]


def series(name: str, wanted: Sequence[tuple[int, int]], points: Points) -> dict[int, Alone]:
    """Prints a row for each wanted point (seconds, batch); keyed by what varies, LENGTH or BATCH."""
    print(f"| {name} | wall s | processor s | peak memory, MB | own memory, MB |")
    print("|---|---|---|---|---|")
    found = {}
    for seconds, batch in wanted:
        x = seconds if name == LENGTH else batch
        found[x] = one = points.of(seconds, batch)
        print(f"| {x} | {one.wall:.1f} | {one.cpu:.1f} | {one.peak} | {one.own} |", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--batches", type=int, nargs="*", default=BATCHES)
    parser.add_argument("--films", type=Path, default=Path(tempfile.gettempdir()) / "growth_films")
    parser.add_argument("--json", type=Path, help="what is in this file already is not measured again")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        print(alone_line(chosen.alone, chosen.films))
        return
    print(f"{described()}; model small\n")
    panels, points = [], Points(chosen.films, chosen.json)
    if len(chosen.lengths) > 1:
        wanted = [(seconds, 1) for seconds in chosen.lengths]
        panels += fitted(LENGTH, "second", series(LENGTH, wanted, points))
    if len(chosen.batches) > 1:
        wanted = [(BATCH_SECONDS, batch) for batch in chosen.batches]
        panels += fitted(BATCH, "sound", series(BATCH, wanted, points))
    if chosen.picture and panels:
        chosen.picture.parent.mkdir(parents=True, exist_ok=True)
        chart(panels).save(chosen.picture)


if __name__ == "__main__":
    main()
