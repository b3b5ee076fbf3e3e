"""What a player draws over a sound [C, N]: its peaks, and the instants at which something is heard."""

from __future__ import annotations

import torch
from torch import Tensor

from ..evaluation.onsets import onsets

PIECE, MARGIN = 10, 1  # seconds; the onset detector looks half a second to either side


def peaks(sound: Tensor, count: int) -> list[list[int]]:
    """Of each channel the largest |sample| in each of `count` equal stretches, in per cent of full scale."""
    edges = [i * sound.shape[1] // count for i in range(count + 1)]
    size = sound.abs()
    rows = torch.stack([size[:, a : max(b, a + 1)].amax(1) for a, b in zip(edges, edges[1:], strict=False)])
    return (rows.T * 100).round().clamp(0, 100).int().tolist()


def heard_onsets(sound: Tensor, rate: int) -> list[float]:
    """Ascending seconds, as `onsets` says them of the whole; taken in pieces, since it needs the hundredfold
    memory of the sound."""
    heard = []
    for start in range(0, -(-sound.shape[1] // rate), PIECE):
        first = max(0, start - MARGIN)
        piece = sound[:, first * rate : (start + PIECE + MARGIN) * rate]
        heard += [t + first for t in onsets(piece, rate) if start <= t + first < start + PIECE]
    return heard
