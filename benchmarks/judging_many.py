"""What `kling-foley evaluate clips` takes with the number of clips: python benchmarks/judging_many.py
FILM ... --folder DIR [--clips 100 200 400]

Parts of --seconds of the films, each another one, with another film's sound; all measures that need no file,
one process, nothing kept before. Seconds of processor are of the whole command, its report included; GiB its
most. The last line goes on from the two largest numbers as a straight line; have both large enough to fill
the page, which holds sounds and pictures of so many clips as fit into its 20 MB.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from judges import COMMAND, environment

APART = 0.1  # seconds between the beginnings of parts of one film
FOR = 1000  # clips that the last line tells of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--clips", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    films = [film.resolve() for film in options.films]
    options.folder.mkdir(parents=True, exist_ok=True)
    print(f"| clips of {options.seconds:g} s | processor, s | GiB | features, MB | report, MB |")
    print("|---|---|---|---|---|")
    rows = [cost(options.folder, films, clips, options.seconds) for clips in sorted(options.clips)]
    for clips, row in zip(sorted(options.clips), rows, strict=True):
        print(line(f"{clips:,}", row))
    if len(rows) > 1:
        (fewer, more), (below, above) = sorted(options.clips)[-2:], rows[-2:]
        steps = (FOR - more) / (more - fewer)
        print(line(f"{FOR:,}, by the line", [b + steps * (b - a) for a, b in zip(below, above, strict=True)]))


def cost(folder: Path, films: Sequence[Path], clips: int, seconds: float) -> list[float]:
    """Seconds of the processor, GiB, MB of features, MB of the report."""
    output = folder / f"out/{clips}"
    shutil.rmtree(output, ignore_errors=True)
    write_list(folder / f"{clips}.csv", films, clips, seconds)
    given = ["--manifest", f"{clips}.csv", "--seconds", f"{seconds:g}", "--output", f"out/{clips}"]
    command = subprocess.Popen(
        [*COMMAND, *given],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(command.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(given)}: ended with {os.waitstatus_to_exitcode(status)}.")
    kept = sum(file.stat().st_size for file in (output / "features").rglob("*") if file.is_file())
    page = (output / "report.html").stat().st_size
    return [used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, kept / 1e6, page / 1e6]


def write_list(path: Path, films: Sequence[Path], clips: int, seconds: float) -> None:
    """Clip i is of film i, then of the first again a little later; its sound is the next film's."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "film", "sound", "start", "seconds"])
        for i in range(clips):
            film, sound = films[i % len(films)], films[(i + 1) % len(films)]
            start = APART * (i // len(films))
            rows.writerow([i, film, sound, f"{start:g}", f"{seconds:g}"])


def line(name: str, row: Sequence[float]) -> str:
    seconds, memory, kept, page = row
    return f"| {name} | {seconds:,.0f} | {memory:.2f} | {kept:,.0f} | {page:.1f} |"


if __name__ == "__main__":
    main()
