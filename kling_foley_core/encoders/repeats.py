"""Frames, or segments of frames, one after another through an encoder that looks at each by itself.

What equals its predecessor to the bit gets the predecessor's vectors: a held picture, a film of few frames a
second read at more, a still shot. Comparing costs a thousandth of a large network's work at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..progress import Progress


def encode_each(
    items: Sequence[Tensor], encode: Callable[[Tensor], Tensor], length: int, stage: str, progress: Progress
) -> Tensor:
    """Items of one shape, N of them -> vectors [N, ...]; `encode` is given [n, ...], at most `length` of
    them."""
    firsts = [i for i in range(len(items)) if i == 0 or not torch.equal(items[i], items[i - 1])]
    ends = [*firsts[1:], len(items)]
    vectors = []
    for start in range(0, len(firsts), length):
        vectors.append(encode(torch.stack([items[i] for i in firsts[start : start + length]])))
        progress(stage, ends[start : start + length][-1], len(items))
    made = torch.cat(vectors)
    if len(made) == len(items):
        return made
    counts = torch.tensor([end - first for first, end in zip(firsts, ends, strict=True)])
    return made.repeat_interleave(counts.to(made.device), dim=0)
