"""The rows that are printed, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from .measure import Difference, Runs

HEAD = (
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


@dataclass(frozen=True)
class Row:
    """One stage. `flop` are those of the reference's networks, `peak` the FLOP/s of a matrix product in the
    type that ours ran in."""

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


def head() -> str:
    return line(HEAD) + "\n" + "|---" * len(HEAD) + "|"


def line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
