"""YAMNet's network: patches of log mel [W, 96, 64] -> embedding [W, 1024] and logits [W, 521].

MobileNet v1 (Howard et al., 2017): a convolution, thirteen pairs of a depthwise and a pointwise one, the mean
over time and frequency, and one linear layer whose sigmoid is the score of each class. Batch norms are folded
into the convolutions (convert.py). Where a convolution halves an even size, TensorFlow's "same" padding is
one row after and none before.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 521
STEM = 32  # channels of the first convolution, which halves both sizes
PAIRS = (  # channels and stride
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)),
)
EMBEDDING = PAIRS[-1][0]


class YAMNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, STEM, 3, stride=2)
        before = [STEM, *(channels for channels, _ in PAIRS)]
        self.pairs = nn.ModuleList(Pair(width, *pair) for width, pair in zip(before[:-1], PAIRS, strict=True))
        self.classes = nn.Linear(EMBEDDING, CLASSES)

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.stem(same(patches[:, None], 2)))
        for pair in self.pairs:
            x = pair(x)
        embedding = x.mean((2, 3))
        return embedding, self.classes(embedding)


class Pair(nn.Module):
    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.depthwise = nn.Conv2d(before, before, 3, stride=stride, groups=before)
        self.pointwise = nn.Conv2d(before, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pointwise(F.relu(self.depthwise(same(x, self.stride)))))


def same(x: Tensor, stride: int) -> Tensor:
    """Padded so that a kernel of 3 gives size / stride."""
    before = 1 if stride == 1 else 0
    return F.pad(x, (before, 1, before, 1))
