"""Windows: the pieces of clips that a training sample is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import InputError
from ...limits import MAX_TRAINING_SECONDS
from ..manifest import Clip, Label

LEAST_CLIP = 1.0  # seconds: shorter ones are not used. Our choice
MAX_AUGMENT = 10.0  # windows of joined events for each other one


@dataclass(frozen=True)
class Piece:
    """`start`, `seconds`: of the clip's files (not counted from `clip.start`), ready for a reader."""

    clip: Clip
    start: float
    seconds: float

    @property
    def id(self) -> str:
        """No other piece has it."""
        return f"{self.clip.id} {self.start:.2f}-{self.start + self.seconds:.2f}"


@dataclass(frozen=True)
class Window:
    """One training sample: its pieces one after the other, together `seconds` long, all of one split and
    either all with a film or all without. `seconds_start`, `seconds_total`: where it begins in its source,
    and the source's length (paper section 4.4). Labels count from the window's beginning. `licence`: all of
    its pieces', joined by ", "."""

    id: str
    pieces: tuple[Piece, ...]
    caption: str
    seconds: float
    seconds_start: float
    seconds_total: float
    split: str
    labels: tuple[Label, ...]
    licence: str
    kind: str


@dataclass(frozen=True)
class Cutting:
    """How windows are cut. `seconds`: their length; `least`: of a clip's last one, and of a clip that is not
    joined with others; `augment`: windows of joined single events made in addition, as a share of the
    training windows; `seed`: of what is joined."""

    seconds: float
    least: float
    augment: float
    seed: int

    def __post_init__(self) -> None:
        if not LEAST_CLIP <= self.seconds <= MAX_TRAINING_SECONDS:
            raise InputError(f"--seconds {self.seconds:g}: give {LEAST_CLIP:g} to {MAX_TRAINING_SECONDS}.")
        if not LEAST_CLIP <= self.least <= self.seconds:
            raise InputError(
                f"--least {self.least:g}: give {LEAST_CLIP:g} to --seconds, which is {self.seconds:g}."
            )
        if not 0 <= self.augment <= MAX_AUGMENT:
            raise InputError(f"--augment {self.augment:g}: give a share of 0 to {MAX_AUGMENT:g}.")


def window_of(piece: Piece, seconds_total: float) -> Window:
    """A window of one piece; `seconds_total`: of the file that it is cut from."""
    clip = piece.clip
    return Window(
        id=piece.id,
        pieces=(piece,),
        caption=clip.caption,
        seconds=piece.seconds,
        seconds_start=piece.start,
        seconds_total=seconds_total,
        split=clip.split,
        labels=piece_labels(piece, 0.0),
        licence=clip.licence,
        kind=clip.kind,
    )


def joined_window(identity: str, pieces: Sequence[Piece], caption: str) -> Window:
    """A window of several pieces, which is a source of its own."""
    labels, at = [], 0.0
    for piece in pieces:
        labels += piece_labels(piece, at)
        at += piece.seconds
    seconds = round(at, 6)
    return Window(
        id=identity,
        pieces=tuple(pieces),
        caption=caption,
        seconds=seconds,
        seconds_start=0.0,
        seconds_total=seconds,
        split=pieces[0].clip.split,
        labels=tuple(labels),
        licence=", ".join(sorted({piece.clip.licence for piece in pieces} - {""})),
        kind=pieces[0].clip.kind,
    )


def piece_labels(piece: Piece, at: float) -> tuple[Label, ...]:
    """The clip's labels that touch the piece, cut to it, for a window in which it begins at `at` seconds."""
    moved, found = at + piece.clip.start - piece.start, []
    for label in piece.clip.labels:
        start, end = max(at, label.start + moved), min(at + piece.seconds, label.end + moved)
        if start < end or (label.start == label.end and at <= start <= end < at + piece.seconds):
            found.append(Label(label.name, round(start, 6), round(end, 6)))
    return tuple(found)
