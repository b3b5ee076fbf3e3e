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
    """`measures`: name -> {"value", "low", "high", "clips"} or {"left_out": why}; 95 % intervals.
    `figures`: clip id -> name -> number, of the measures that have one a clip.
    `notes`: clip id -> why a measure could not use the clip.
    `draws`: name -> the value in each resample of the clips; those of two runs over the same ids in the same
    order are paired (`intervals.difference`)."""

    measures: dict[str, dict[str, float | int | str]]
    figures: dict[str, dict[str, float]]
    notes: dict[str, list[str]]
    draws: dict[str, list[float]]


def judged(names: Sequence[str], clips: Sequence[ClipFeatures]) -> Judged:
    """The measures `names` (of `MEASURES`) over `clips`, in the order given; same clips, same bytes.

    Call it with all clips, and once more with the clips of each scenario. Ids are unique.
    """
    raise NotImplementedError
