"""What the generator must know of the training samples as a whole, from a bounded number of them, evenly
spread and read one at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...data.labels import label_names
from ...data.shards import Shards
from ...progress import Progress

SAMPLES = 2048


@dataclass(frozen=True)
class Survey:
    """Mean and deviation [C] of the latents over frames and samples, their own spread included; the names
    that labels have."""

    mean: Tensor
    std: Tensor
    names: tuple[str, ...]


def survey(shards: Shards, progress: Progress) -> Survey:
    indices = range(0, len(shards), math.ceil(len(shards) / SAMPLES))
    frames, total, square, labels = 0, 0.0, 0.0, []
    for done, index in enumerate(indices):
        sample = shards.read(index, ["latent"])
        mean, std = torch.from_numpy(sample.arrays["latent"]).double()
        frames, total = frames + len(mean), total + mean.sum(0)
        square = square + (mean.square() + std.square()).sum(0)
        labels.append(sample.labels)
        progress("latent statistics", done + 1, len(indices))
    mean = torch.as_tensor(total) / frames
    variance = torch.as_tensor(square) / frames - mean.square()
    return Survey(mean.float(), variance.clamp(min=1e-8).sqrt().float(), tuple(label_names(labels)))
