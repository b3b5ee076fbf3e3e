"""Windows of the training length, cut from clips."""

from __future__ import annotations

from dataclasses import dataclass

from ..manifest import Clip, Label


@dataclass(frozen=True)
class Piece:
    """`start`, `seconds`: of the clip's files (not counted from `clip.start`), ready for a reader."""

    clip: Clip
    start: float
    seconds: float


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
    """How windows are cut. `seconds`: their length; `least`: of a clip's last one; `augment`: windows of
    joined single events made in addition, as a share of the training windows; `seed`: of what is joined."""

    seconds: float
    least: float
    augment: float
    seed: int
