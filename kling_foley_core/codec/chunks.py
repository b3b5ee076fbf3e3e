"""Vocoding a long mel in pieces: the same wave in a fraction of the memory.

    mel [B, n_mels, T] -> wave [B, 1, T * hop]

A vocoder is local: the sound of a frame depends on `vocoder.reach` frames on either side. Each piece is
computed with at least so many neighbours, whose own sound is then dropped; the result equals the whole up to
the order of float sums.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..progress import Progress, silent


def vocode_in_chunks(
    vocoder: nn.Module, mel: Tensor, frames: int, overlap: int, progress: Progress = silent
) -> Tensor:
    """`frames` per piece and `overlap` (vocoder.reach or more) neighbours; reports each as "vocoder"."""
    if frames < 1 or overlap < 0:
        raise InputError(
            f"frames = {frames}, overlap = {overlap}: give at least 1 frame a piece and no less than 0."
        )
    length = mel.shape[-1]
    starts = range(0, length, frames)
    pieces = []
    for done, start in enumerate(starts, 1):
        stop = min(start + frames, length)
        left = max(start - overlap, 0)
        wave = vocoder(mel[..., left : min(stop + overlap, length)], left)
        pieces.append(wave[..., (start - left) * vocoder.hop : (stop - left) * vocoder.hop])
        progress("vocoder", done, len(starts))
    return torch.cat(pieces, dim=-1)
