"""A small network that names what a descriptor belongs to: [N, F] -> one of its labels.

Two layers on standardised numbers, trained with Adam on all examples at once, every class weighing the same
by the root of its count. Deterministic by its seed, seconds on one core. Our choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import InputError

HIDDEN, STEPS, BATCH = 96, 1200, 256
LR, DECAY, DROPOUT = 3e-3, 1e-2, 0.3
JITTER = 0.15  # of a number's deviation


class Classifier:
    def __init__(self, labels: Sequence[str], mean: Tensor, deviation: Tensor) -> None:
        self.labels, self.mean, self.deviation = tuple(labels), mean, deviation
        self.net = nn.Sequential(
            nn.Linear(len(mean), HIDDEN), nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, len(labels))
        )

    @classmethod
    def fit(cls, examples: Tensor, names: Sequence[str], seed: int = 0) -> Classifier:
        if len(examples) != len(names) or len(set(names)) < 2:
            raise InputError(
                f"{len(examples)} examples with {len(set(names))} names: give one name each, two at least."
            )
        counts = Counter(names)
        labels = sorted(counts)
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            made = cls(labels, examples.mean(0), examples.std(0).clamp(min=1e-3))
            made._train(examples, torch.tensor([labels.index(n) for n in names]), counts)
        return made

    def _train(self, examples: Tensor, targets: Tensor, counts: Counter[str]) -> None:
        weight = torch.tensor([counts[label] ** -0.5 for label in self.labels])
        weight /= weight.mean()
        inputs = (examples - self.mean) / self.deviation
        optimiser = torch.optim.AdamW(self.net.parameters(), lr=LR, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
        self.net.train()
        for _ in range(STEPS):
            rows = torch.randint(len(inputs), (min(BATCH, len(inputs)),))
            noisy = inputs[rows] + JITTER * torch.randn(len(rows), inputs.shape[1])
            loss = nn.functional.cross_entropy(self.net(noisy), targets[rows], weight)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        self.net.eval().requires_grad_(False)

    def name(self, examples: Tensor) -> list[str]:
        """The likeliest label of each row."""
        if len(examples) == 0:
            return []
        self.net.eval()
        likeliest = self.net((examples - self.mean) / self.deviation).argmax(-1)
        return [self.labels[i] for i in likeliest.tolist()]

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "deviation": self.deviation, **self.net.state_dict()}

    @classmethod
    def restored(cls, labels: Sequence[str], state: dict[str, Tensor]) -> Classifier:
        made = cls(labels, state["mean"], state["deviation"])
        made.net.load_state_dict({k: v for k, v in state.items() if k not in ("mean", "deviation")})
        made.net.eval().requires_grad_(False)
        return made
