"""One contrastive task in training: its network, its batches, its optimiser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..loop.optimiser import Optimiser
from ..loop.prefetch import Prefetched
from ..loop.processes import micro_batches
from ..loop.train import Figures, autocast
from ..recipe import BatchRun, Optimisation
from .contrastive_batches import SemanticBatch, SemanticPieces, SyncBatch, SyncPieces
from .contrastive_networks import SemanticNet, SyncNet

if TYPE_CHECKING:
    from accelerate import Accelerator

VALIDATION_CLIPS = 32  # among which pictures, captions and sounds are looked for


class ContrastiveTask:
    def __init__(
        self,
        name: str,
        net: SyncNet | SemanticNet,
        train: SyncPieces | SemanticPieces,
        held_out: SyncPieces | SemanticPieces,
        optimisation: Optimisation,
        run: BatchRun,
        batch: int,
        every_steps: int,
        accelerator: Accelerator,
    ) -> None:
        """`batch`: clips of a batch in all processes; `every_steps`: one step of the task for so many
        steps."""
        self.name, self.run, self.every_steps, self.accelerator = name, run, every_steps, accelerator
        self.net, self.train, self.held_out = net.to(accelerator.device), train, held_out
        self.optimiser = Optimiser(self.net, optimisation, accelerator)
        self.order = train.order(batch)
        (self.positions,) = micro_batches(batch, 1, accelerator)
        self.read = Prefetched(self._batch, -(-run.steps // every_steps))

    def step(self, step: int) -> Figures:
        batch = self.read(step // self.every_steps)
        device = self.accelerator.device
        with autocast(self.run, device):
            compared = self.net(batch, device)
        losses = self.net.losses(compared, batch, self.accelerator)
        norm = self.optimiser.step(sum(losses.values()), step)
        return {**{name: loss.detach() for name, loss in losses.items()}, f"{self.name} norm": norm}

    @torch.no_grad()
    def validate(self) -> Figures:
        batch = self.held_out.batch(range(min(VALIDATION_CLIPS, len(self.held_out))), 0, 0)
        with autocast(self.run, self.accelerator.device):
            compared = self.net(batch, self.accelerator.device)
        return self.net.figures(compared, batch)

    def _batch(self, number: int) -> SyncBatch | SemanticBatch:
        """This process's share of the task's batch of this number."""
        chosen = self.order.batch(number)[1]
        return self.train.batch(
            chosen[self.positions.start : self.positions.stop], number, self.positions.start
        )
