"""Figures of the pieces of a batch, put together."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .train import Figures


def mean_figures(pieces: Sequence[Figures]) -> Figures:
    """The mean over equal pieces of a batch, figure by figure; all have the same."""
    return {
        name: torch.stack([torch.as_tensor(piece[name], dtype=torch.float32) for piece in pieces]).mean()
        for name in pieces[0]
    }
