"""InfoNCE in both directions: each of N things must be found among the N partners of all, and the other way
round.

    a, b [..., N, D] of length 1, where a[i] belongs to b[i]  ->  loss, one number

Leading axes are separate groups: with [clips, moments, D] a moment is looked for among the moments of its
own clip. CLIP's loss (Radford et al. 2021), which Synchformer's first stage uses over the segments of a
batch too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from accelerate import Accelerator

FIRST_SCALE, LARGEST_SCALE = 10.0, 100.0


class Scale(nn.Module):
    """The learned factor of the similarities (an inverse temperature), at most 100."""

    def __init__(self) -> None:
        super().__init__()
        self.log = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))

    def forward(self) -> Tensor:
        return self.log.clamp(max=math.log(LARGEST_SCALE)).exp()


def info_nce(a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    similar = scale * a.float() @ b.float().transpose(-1, -2)
    rows, columns = similar.flatten(0, -2), similar.transpose(-1, -2).flatten(0, -2)
    count = similar.shape[-1]
    target = torch.arange(count, device=a.device).repeat(len(rows) // count)
    return (F.cross_entropy(rows, target) + F.cross_entropy(columns, target)) / 2


def gathered(x: Tensor, accelerator: Accelerator) -> Tensor:
    """[B, ...] of this process -> [N * B, ...] of all N, in order. Gradients reach this process's items, N
    times as large, because they are averaged over the processes afterwards: so N act as one."""
    count = accelerator.num_processes
    if count == 1:
        return x
    parts = list(accelerator.gather(x.detach().contiguous()).chunk(count))
    parts[accelerator.process_index] = x * count - x.detach() * (count - 1)
    return torch.cat(parts)


def found(a: Tensor, b: Tensor, within: int = 0) -> Tensor:
    """Share of a's things whose most similar b is the right one, or at most `within` places from it."""
    guess = (a.float() @ b.float().transpose(-1, -2)).argmax(-1)
    return ((guess - torch.arange(a.shape[-2], device=a.device)).abs() <= within).float().mean()
