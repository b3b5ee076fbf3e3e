"""A small convolutional network that classifies a segment of sound: power [BANDS, T] of any length -> one of
its labels.

Its input is decibels: of hits and flows under the segment's loudest, since their level is measured elsewhere,
of whole clips as they are. Trained with AdamW on true segments, four of five batches augmented
(augmentation.py), every class weighing by the root of its count. Deterministic by its seed, a minute or two
on one core. Our choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...analysis.bands import BANDS, decibels
from ...errors import InputError
from ...networks.temporal_block import TemporalBlock
from .augmentation import augmented

WIDTH, KERNEL, DILATIONS = 48, 5, (1, 2, 4)
STEPS, LR, DECAY, DROPOUT = 1200, 3e-3, 2e-2, 0.3
FRAMES = 6000  # of a batch
AUGMENTED = 0.8  # of the batches
MEASURED = 4096  # segments at most whose mean and deviation the input is brought to
FLOOR, RANGE_DB = 1e-3, 60.0
LOUDER = 3.0  # dB either way, at random


class Classifier(nn.Module):
    def __init__(self, labels: Sequence[str], relative: bool) -> None:
        super().__init__()
        self.labels, self.relative = tuple(labels), relative
        self.register_buffer("mean", torch.zeros(BANDS, 1))
        self.register_buffer("deviation", torch.ones(BANDS, 1))
        self.embed = nn.Conv1d(BANDS, WIDTH, KERNEL, stride=2, padding=KERNEL // 2)
        self.blocks = nn.Sequential(*(TemporalBlock(WIDTH, KERNEL, d, nn) for d in DILATIONS))
        self.out = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(2 * WIDTH, len(self.labels)))

    def forward(self, power: Tensor) -> Tensor:
        """[N, BANDS, T] -> logits [N, labels]."""
        h = self.blocks(self.embed((self._input(power) - self.mean) / self.deviation))
        return self.out(torch.cat([h.mean(-1), h.amax(-1)], dim=-1))

    def _input(self, power: Tensor) -> Tensor:
        level = decibels(power, FLOOR)
        return (level - level.amax((1, 2), keepdim=True)).clamp(min=-RANGE_DB) if self.relative else level

    @torch.no_grad()
    def classify(self, power: Tensor) -> str:
        """The likeliest label of one segment [BANDS, T]."""
        return self.labels[int(self(power[None]).argmax())]

    @classmethod
    def fit(
        cls, powers: Tensor, labels: Sequence[str], hertz: float, *, relative: bool, seed: int = 0
    ) -> Classifier:
        """`powers` [N, BANDS, T], `hertz` frames a second."""
        if len(powers) != len(labels) or len(set(labels)) < 2:
            raise InputError(
                f"{len(powers)} segments with {len(labels)} labels of {len(set(labels))} classes: give one "
                "label each, of two classes at least."
            )
        counts = Counter(labels)
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            made = cls(sorted(counts), relative)
            level = made._input(powers[:: -(-len(powers) // MEASURED)])
            made.mean.copy_(level.mean((0, 2))[:, None])
            made.deviation.copy_(level.std((0, 2)).clamp(min=1e-3)[:, None])
            made._train(powers, torch.tensor([made.labels.index(n) for n in labels]), counts, hertz, seed)
        return made.eval().requires_grad_(False)

    def _train(self, powers: Tensor, targets: Tensor, counts: Counter[str], hertz: float, seed: int) -> None:
        weight = torch.tensor([counts[label] ** -0.5 for label in self.labels])
        weight /= weight.mean()
        optimiser = torch.optim.AdamW(self.parameters(), lr=LR, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LR, total_steps=STEPS)
        draw, batch = torch.Generator().manual_seed(seed), max(1, FRAMES // powers.shape[-1])
        self.train()
        for _ in range(STEPS):
            chosen = torch.randint(len(powers), (batch,), generator=draw)
            power = powers[chosen]
            if torch.rand((), generator=draw) < AUGMENTED:
                power = augmented(power, hertz, draw)
            louder = LOUDER * (2 * torch.rand(batch, 1, 1, generator=draw) - 1)
            logits = self(power * 10 ** (louder / 10))
            loss = nn.functional.cross_entropy(logits, targets[chosen], weight)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
