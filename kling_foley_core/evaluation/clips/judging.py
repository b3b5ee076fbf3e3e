"""From what the networks read of every clip to the figures: each clip's, and of all clips with intervals.

    judged(names, clips) -> Judged

A measure that can't be had says why (`left_out`), and the rest is still measured; a clip that can't be used
for a measure (features missing, NaN, of another size) has a note and the measure is taken of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

Networks = Mapping[str, Mapping[str, Tensor]]  # network -> key -> features, float32 on the CPU


@dataclass(frozen=True)
class ClipFeatures:
    """What is known of one clip. A network that could not be asked is simply not there.

    `together`: what needs sound and film at once: {"synchformer": {"logits": [2, 21]}}, of the first and the
    last 14 segments. Its tokens are not needed here (1 MB a clip).
    `figures`: of the waves alone, by `measures/figures.py`, under the names of `MEASURES`; None where the
    clip has nothing to say.
    """

    id: str
    sound: Networks = field(default_factory=dict)
    reference: Networks = field(default_factory=dict)
    film: Networks = field(default_factory=dict)
    caption: Networks = field(default_factory=dict)
    together: Networks = field(default_factory=dict)
    figures: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """`measures`: name -> {"value", "low", "high", "clips"} or {"left_out": why}; 95 % intervals, None where
    one clip alone was used.
    `figures`: clip id -> name -> number, of the measures that have one a clip.
    `influences`: clip id -> name -> by how much the measure of the set rises with the clip's weight, of the
    measures that have no number a clip; two runs are compared by them (`measures/intervals.py`).
    `notes`: clip id -> what is wrong with features of it."""

    measures: dict[str, dict[str, float | int | str | None]]
    figures: dict[str, dict[str, float]]
    influences: dict[str, dict[str, float]]
    notes: dict[str, list[str]]


def judged(
    names: Sequence[str], clips: Sequence[ClipFeatures], absent: Mapping[str, str] | None = None
) -> Judged:
    """The measures `names` (of `MEASURES`) over `clips`, in the order given; same clips, same bytes.

    Call it with all clips, and once more with the clips of each scenario. Ids are unique. `absent`: network
    -> why it can't be asked and the remedy (`networks/finding.py`), which its measures then say.
    """
    raise NotImplementedError
