"""The generator's loss on held-out samples: the same crops, noise and times for every case and at every
validation, the samples shared by the processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ...data.shards import Crop
from ..loop.seeds import generator_for
from ..loop.train import Figures
from .generator_batches import Batch, Missing
from .generator_conditions import Piece, draw_items

if TYPE_CHECKING:
    from .generator import GeneratorTrainer

SAMPLES = 64  # of each crop's length, the first
TIMES = 8
# What is compared: the modalities that are missing. In "other" cases they are another sample's.
CASES: dict[str, tuple[str, ...]] = {
    "all": (),
    "no text": ("text",),
    "no visual": ("visual",),
    "no video": ("visual", "sync"),
    "other text": (),
    "other video": (),
}


def held_out_losses(trainer: GeneratorTrainer) -> Figures:
    """The mean over crops; raises nothing where no held-out sample is long enough for a crop."""
    losses: dict[str, list[float]] = {name: [] for name in CASES}
    for crop in trainer.recipe.crops:
        long_enough = [i for i, e in enumerate(trainer.held_out.shards.entries) if e.seconds >= crop.seconds]
        if len(long_enough) > 1:
            for name, loss in zip(CASES, _mean_losses(trainer, crop, long_enough[:SAMPLES]), strict=True):
                losses[name].append(loss)
    return {name: sum(values) / len(values) for name, values in losses.items() if values}


def _mean_losses(trainer: GeneratorTrainer, crop: Crop, indices: list[int]) -> list[float]:
    """Of each case, over the samples."""
    accelerator, total = trainer.accelerator, torch.zeros(len(CASES), device=trainer.device)
    for places, counts in _shares(trainer, crop, len(indices)):
        given = trainer.held_out.batch([indices[p] for p in places], crop.seconds)
        others = trainer.held_out.batch([indices[(p + 1) % len(indices)] for p in places], crop.seconds)
        draws = [generator_for(trainer.recipe.run.seed, 0, f"validation {p}") for p in places]
        for i, name in enumerate(CASES):
            total[i] += counts * _loss(trainer, name, given, others, draws, places)
    return (accelerator.reduce(total, "sum") / len(indices)).tolist()


def _shares(trainer: GeneratorTrainer, crop: Crop, count: int) -> Iterator[tuple[range, bool]]:
    """Pieces of the samples in turn to each process, and whether they count: each process has equally many,
    because FSDP's processes compute together."""
    processes = trainer.accelerator.num_processes
    size = max(1, crop.batch // (processes * trainer.recipe.run.accumulate))
    pieces = [range(first, min(first + size, count)) for first in range(0, count, size)]
    for turn in range(0, len(pieces), processes):
        mine = turn + trainer.accelerator.process_index
        yield (pieces[mine], True) if mine < len(pieces) else (pieces[0], False)


def _loss(
    trainer: GeneratorTrainer,
    case: str,
    given: Batch,
    others: Batch,
    draws: list[torch.Generator],
    places: range,
) -> torch.Tensor:
    """The sum over the piece."""
    if case == "other text":
        given = replace(given, text=others.text, no_text=others.no_text)
    if case == "other video":
        given = replace(
            given,
            sync=others.sync,
            visual=others.visual,
            no_sync=others.no_sync,
            no_visual=others.no_visual,
        )
    for draw in draws:
        draw.manual_seed(draw.initial_seed())  # every case anew
    piece = Piece(given, draw_items(draws, given.latent.shape[2:])).to(trainer.device)
    t = ((torch.tensor(list(places)) % TIMES) + 0.5).to(trainer.device) / TIMES
    missing = Missing(
        *(torch.full((len(places),), m in CASES[case], device=trainer.device) for m in Missing._fields)
    )
    return trainer.parallel.evaluate(
        lambda networks: trainer.flow_loss(networks["net"], piece, missing, t).sum()
    )
