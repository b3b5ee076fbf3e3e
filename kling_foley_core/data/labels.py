"""Labels of what sounds, and their targets for a latent's frames.

    labels   ((name, start, end), ...) in seconds of the sample
    targets  uint8 [L, K]: which of K names hold in each latent frame

Our addition; the paper has none. A sample without labels has no targets, which is another thing than targets
of 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

TimedLabel = tuple[str, float, float]


def label_names(clips: Iterable[Iterable[TimedLabel]]) -> list[str]:
    """All names, in order."""
    return sorted({name for labels in clips for name, _, _ in labels})


def frame_labels(labels: Iterable[TimedLabel], names: Sequence[str], frames: int, rate: float) -> Tensor:
    """uint8 [frames, K] at `rate` frames a second: 1 in every frame that a label touches, and in one frame
    where it is an instant. A name that is not among `names` (one that no training clip has) is left out."""
    targets, column = torch.zeros(frames, len(names), dtype=torch.uint8), {n: i for i, n in enumerate(names)}
    for name, start, end in labels:
        if name in column:
            first = math.floor(start * rate)
            targets[first : max(math.ceil(end * rate), first + 1), column[name]] = 1
    return targets
