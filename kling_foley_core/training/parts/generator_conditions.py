"""The random numbers of a batch's items, and the features that the network is given for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ...mmdit import Features, MMDiT
from .generator_batches import Batch, Missing


@dataclass(frozen=True)
class Dropping:
    """Shares of the items that are trained without a modality; the rest has all three."""

    text: float  # picture and sound only
    video: float  # text and sound only
    both: float
    visual: float  # text, sound and sync tokens: without visual ones, so that words must say what


@dataclass(frozen=True)
class Draws:
    """[B, L, C] normal each, unless it says otherwise."""

    dropping: Tensor  # [B] uniform
    time: Tensor  # [B] normal
    posterior: Tensor
    noise: Tensor
    guidance: Tensor
    classifier: Tensor
    classifier_time: Tensor  # [B] uniform

    def to(self, device: torch.device) -> Draws:
        return Draws(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def missing(self, dropping: Dropping) -> Missing:
        """What the recipe leaves out of each item."""
        shares = torch.tensor([dropping.text, dropping.video, dropping.both, dropping.visual])
        case = torch.bucketize(self.dropping, shares.cumsum(0).to(self.dropping), right=True)
        text, video, both, visual = (case == i for i in range(len(shares)))
        return Missing(text=text | both, visual=video | both | visual, sync=video | both)


@dataclass(frozen=True)
class Piece:
    """A micro-batch, and the random numbers of its items."""

    batch: Batch
    draws: Draws

    def to(self, device: torch.device) -> Piece:
        return Piece(self.batch.to(device), self.draws.to(device))


def draw_items(generators: Sequence[torch.Generator], shape: Sequence[int]) -> Draws:
    """`shape`: L and C. One generator an item, so that a batch is the same however it is shared out."""

    def each(draw: torch.Generator) -> dict[str, Tensor]:
        latents = ("posterior", "noise", "guidance", "classifier")
        return {
            "dropping": torch.rand((), generator=draw),
            "time": torch.randn((), generator=draw),
            "classifier_time": torch.rand((), generator=draw),
            **{name: torch.randn(*shape, generator=draw) for name in latents},
        }

    items = [each(draw) for draw in generators]
    return Draws(**{name: torch.stack([item[name] for item in items]) for name in items[0]})


def features_of(net: MMDiT, batch: Batch, missing: Missing) -> Features:
    """The batch with the learned empties in the places of what is missing."""

    def emptied(tokens: Tensor, without: Tensor, empty: Tensor) -> Tensor:
        return torch.where(without[:, None, None], empty.to(tokens), tokens)

    return Features(
        visual=emptied(batch.visual, missing.visual, net.empty_clip_feat),
        sync=emptied(batch.sync, missing.sync, net.empty_sync_feat),
        text=emptied(batch.text, missing.text, net.empty_string_feat),
        visual_len=batch.visual.shape[1],
        sync_len=batch.sync.shape[1],
        seconds_start=batch.seconds_start,
        seconds_total=batch.seconds_total,
    )
