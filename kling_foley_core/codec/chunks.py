"""Long sounds in chunks: what a network makes of a whole, in the memory of a part.

    latent [B, C, L] -> mel [B, n_mels, 2 L]
    mel [B, n_mels, T] -> wave [B, 1, T * hop]

Convolutions are local: a frame of the result depends on `reach` frames on either side. Each chunk is computed
with at least so many neighbours, whose own result is then dropped; all together equal the whole up to the
order of float sums. Attention over the whole has no such reach: there, pieces as long as the sounds of the
training overlap, and one passes linearly into the next (`decode_in_pieces`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..files.on_disk import let_go, room_for
from ..progress import Progress, silent
from ..timing import MEL_PER_LATENT


class Chunk(NamedTuple):
    """The frames start to stop - 1 of a whole, to be made of the frames left to right - 1."""

    left: int
    start: int
    stop: int
    right: int

    def kept(self, made: Tensor, per_frame: int = 1) -> Tensor:
        """Those of them, `per_frame` steps each, that are wanted; made [..., (right - left) * per_frame]."""
        return made[..., (self.start - self.left) * per_frame : (self.stop - self.left) * per_frame]


def chunks(length: int, frames: int, reach: int) -> Iterator[Chunk]:
    """`length` frames, `frames` at a time, with `reach` neighbours where there are so many."""
    for start in range(0, length, frames):
        stop = min(start + frames, length)
        yield Chunk(max(start - reach, 0), start, stop, min(stop + reach, length))


def vocode_in_chunks(
    vocoder: nn.Module,
    mel: Tensor,
    frames: int,
    overlap: int,
    progress: Progress = silent,
    finished: Callable[[Tensor], Tensor] = lambda wave: wave,
) -> Tensor:
    """`frames` per chunk and `overlap` (vocoder.reach or more) neighbours; `finished` is done to each chunk
    of the wave, and each is reported as "vocoder"."""
    if frames < 1 or overlap < 0:
        raise InputError(
            f"frames = {frames}, overlap = {overlap}: give at least 1 frame a piece and no less than 0."
        )
    hop, wave = vocoder.hop, None
    parts = list(chunks(mel.shape[-1], frames, overlap))
    for done, part in enumerate(parts, 1):
        made = finished(part.kept(vocoder(mel[..., part.left : part.right], part.left), hop))
        if wave is None:
            wave = _like(made, mel.shape[-1] * hop)
        wave[..., part.start * hop : part.stop * hop] = made
        let_go(mel, wave)
        progress("vocoder", done, len(parts))
    return wave


def decode_in_chunks(decode: Callable[[Tensor], Tensor], z: Tensor, frames: int, reach: int) -> Tensor:
    """For a decoder of convolutions: `frames` latent frames per chunk."""
    mel = None
    for part in chunks(z.shape[-1], frames, reach):
        made = part.kept(decode(z[..., part.left : part.right]), MEL_PER_LATENT)
        if mel is None:
            mel = _like(made, z.shape[-1] * MEL_PER_LATENT)
        mel[..., part.start * MEL_PER_LATENT : part.stop * MEL_PER_LATENT] = made
        let_go(mel)
    return mel


def decode_in_pieces(decode: Callable[[Tensor], Tensor], z: Tensor, frames: int, overlap: int) -> Tensor:
    """For a decoder with attention: pieces of `frames` latent frames, `overlap` or more of them shared with
    the next, over which the mel of one passes into that of the other."""
    length = z.shape[-1]
    if length <= frames:
        return decode(z)
    starts = [*range(0, length - frames, frames - overlap), length - frames]
    mel, before = None, 0
    for start in starts:
        made = decode(z[..., start : start + frames])
        if mel is None:
            mel = _like(made, length * MEL_PER_LATENT)
        first = start * MEL_PER_LATENT
        shared = max(before - first, 0)
        rise = (torch.arange(shared, device=made.device) + 0.5) / max(shared, 1)
        made[..., :shared] = torch.lerp(mel[..., first:before].to(made), made[..., :shared], rise)
        before = first + made.shape[-1]
        mel[..., first:before] = made
        let_go(mel)
    return mel


def _like(made: Tensor, length: int) -> Tensor:
    return room_for(*made.shape[:-1], length, dtype=made.dtype, device=made.device)
