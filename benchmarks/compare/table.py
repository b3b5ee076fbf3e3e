"""The rows that are printed, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass, fields
from statistics import median
from typing import ClassVar

from alone import Alone

from .measure import Difference, Runs

REST = "reading, loading and the rest"


@dataclass(frozen=True)
class Row:
    """One stage. `flop` are those of the reference's networks, `peak` the FLOP/s of a matrix product in the
    type that ours ran in."""

    HEAD: ClassVar = (
        "stage",
        "ours in",
        "reference",
        "ours",
        "ours / reference",
        "CPU s, reference",
        "CPU s, ours",
        "ours / reference, CPU",
        "TFLOP/s, reference",
        "TFLOP/s, ours",
        "share of peak, ours",
        "largest difference",
        "mean",
        "rms",
    )

    stage: str
    dtype: str
    reference: Runs
    ours: Runs
    flop: float
    peak: float
    difference: Difference | None

    def cells(self) -> tuple[str, ...]:
        theirs, ours = self.reference, self.ours
        rate = self.flop / ours.seconds
        if self.difference is None:
            apart = ("-", "-", "-")
        else:
            apart = (
                f"{self.difference.largest:.1e}",
                f"{self.difference.mean:.1e}",
                f"{100 * self.difference.share:.2g} %",
            )
        return (
            self.stage,
            self.dtype,
            f"{theirs.seconds:.2f} s",
            f"{ours.seconds:.2f} s",
            f"{ours.seconds / theirs.seconds:.2f}",
            f"{theirs.cpu_seconds:.2f}",
            f"{ours.cpu_seconds:.2f}",
            f"{ours.cpu_seconds / theirs.cpu_seconds:.2f}",
            f"{self.flop / theirs.seconds / 1e12:.3f}",
            f"{rate / 1e12:.3f}",
            f"{100 * rate / self.peak:.0f} %",
            *apart,
        )

    def as_dict(self) -> dict[str, object]:
        """For --json: every single run too."""
        return {
            "stage": self.stage,
            "dtype": self.dtype,
            "reference": {"wall": self.reference.wall, "cpu": self.reference.cpu},
            "ours": {"wall": self.ours.wall, "cpu": self.ours.cpu},
            "flop": self.flop,
            "peak": self.peak,
            "difference": None if self.difference is None else vars(self.difference),
        }


@dataclass(frozen=True)
class ProcessRow:
    """One stage in processes of their own, every run of either side."""

    HEAD: ClassVar = (
        "in a process of its own",
        "ours in",
        "loading first, reference",
        "ours",
        "in all, reference",
        "ours",
        "ours / reference",
        "ours / reference, CPU",
        "peak memory, reference",
        "peak memory, ours",
        "ours / reference",
        "without pages of files, reference",
        "ours",
    )

    stage: str
    dtype: str
    reference: list[Alone]
    ours: list[Alone]

    def cells(self) -> tuple[str, ...]:
        theirs, ours = _medians(self.reference), _medians(self.ours)
        whole, our_whole = theirs.load + theirs.wall, ours.load + ours.wall
        return (
            self.stage,
            self.dtype,
            f"{theirs.load:.1f} s",
            f"{ours.load:.1f} s",
            f"{whole:.1f} s",
            f"{our_whole:.1f} s",
            f"{our_whole / whole:.2f}",
            f"{ours.cpu / theirs.cpu:.2f}",
            f"{theirs.peak:.0f} MB",
            f"{ours.peak:.0f} MB",
            f"{ours.peak / theirs.peak:.2f}",
            f"{theirs.own:.0f} MB",
            f"{ours.own:.0f} MB",
        )

    def part_rows(self) -> list[PartRow]:
        """The stages of the reference's call, and what is left: reading the film, and in ours loading. None
        of a row that is one stage itself."""
        theirs, ours = _medians(self.reference), _medians(self.ours)
        if not theirs.parts:
            return []
        names = [*theirs.parts, REST]
        seconds = (run.parts | {REST: run.wall - sum(run.parts.values())} for run in (theirs, ours))
        given = zip(*([parts[name] for name in names] for parts in seconds), strict=True)
        return [PartRow(name, self.dtype, *both) for name, both in zip(names, given, strict=True)]


@dataclass(frozen=True)
class PartRow:
    """Seconds of one stage within generate()."""

    HEAD: ClassVar = ("within generate()", "ours in", "reference", "ours", "ours / reference")

    part: str
    dtype: str
    reference: float
    ours: float

    def cells(self) -> tuple[str, ...]:
        seconds = (f"{self.reference:.2f} s", f"{self.ours:.2f} s")
        return (self.part, self.dtype, *seconds, f"{self.ours / self.reference:.2f}")


def _medians(runs: list[Alone]) -> Alone:
    numbers = [f.name for f in fields(Alone) if f.name != "parts"]
    parts = {part: median(run.parts[part] for run in runs) for part in runs[0].parts}
    return Alone(*(median(getattr(run, name) for run in runs) for name in numbers), parts=parts)


def head(names: tuple[str, ...]) -> str:
    return line(names) + "\n" + "|---" * len(names) + "|"


def line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
