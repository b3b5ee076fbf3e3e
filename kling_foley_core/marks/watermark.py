"""The watermark: an inaudible pattern in the sound itself, which stays through codecs, resampling and gain.

    wave float [..., C, N] -> the same shape, within -1..1

Every short-time spectrum is multiplied by gains of at most 1 dB in 96 bands from 0.3 to 10 kHz, up or down
as the pattern has it and no more than the sound masks; the same on all channels, so that a fold-down to mono
keeps it. Frames of 32 ms, Hann windows before and after. What is silent stays silent and carries nothing, a
bare tone hardly anything. A sound in pieces is marked as the whole would be. Our choice: spread spectrum over
logarithmic magnitudes (Kirovski and Malvar 2003), without a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..files.on_disk import PIECE, let_go, room_for
from .pattern import CELL, HOP, KEY, bands, cells
from .strength import strength

SHORT, LONG = 4, 16  # hops that a frame is long: to change, and to tell tones from noise
BEFORE = 9  # hops around a stretch that its frames reach: (LONG + SHORT) / 2 - 1
BLOCK = 500  # hops worked on at once
SMOOTH = (0.25, 0.5, 0.25)  # over bins: short in time, so that nothing is heard before a blow


def watermarked(wave: Tensor, rate: int, key: str = KEY) -> Tensor:
    """All channels of a sound alike; of a batch each sound by itself."""
    if wave.ndim > 2:
        return torch.stack([watermarked(one, rate, key) for one in wave]) if len(wave) else wave
    marked, done = room_for(*wave.shape), 0
    for piece in watermarked_pieces(wave.cpu().split(PIECE, 1), rate, key):
        marked[:, done : done + piece.shape[1]] = piece
        done += piece.shape[1]
        let_go(wave, marked)
    return marked.to(wave)


def watermarked_pieces(pieces: Iterable[Tensor], rate: int, key: str = KEY) -> Iterator[Tensor]:
    """A long sound in pieces [C, n] on the CPU, of any lengths; gives pieces of other lengths, as many
    samples in all."""
    mark = _Mark(rate, key)
    hop, begun, waiting, length, given = mark.hop, 0, None, 0, 0
    for piece in pieces:
        if waiting is None:
            waiting = piece.new_zeros(piece.shape[0], BEFORE * hop, dtype=torch.float32)
        waiting = torch.cat((waiting, piece.float()), 1)
        length += piece.shape[1]
        while waiting.shape[1] >= (BLOCK + 2 * BEFORE) * hop:
            yield mark(waiting[:, : (BLOCK + 2 * BEFORE) * hop], begun)
            begun, given = begun + BLOCK, given + BLOCK * hop
            waiting = waiting[:, BLOCK * hop :]
    if waiting is None or given == length:
        return
    left = -(-(length - given) // hop)
    waiting = F.pad(waiting, (0, (left + 2 * BEFORE) * hop - waiting.shape[1]))
    yield mark(waiting, begun)[:, : length - given]


class _Mark:
    """The gains for sounds at one rate."""

    def __init__(self, rate: int, key: str) -> None:
        self.rate = rate
        self.hop = 16 * max(1, round(rate * HOP / 16))  # quick to transform
        self.cells = cells(key)
        self.windows = [torch.hann_window(n * self.hop) for n in (SHORT, LONG)]
        self.bands = [bands(n * self.hop, rate) for n in (SHORT, LONG)]

    def __call__(self, wave: Tensor, begun: int) -> Tensor:
        """[C, (K + 2 BEFORE) hop] -> [C, K hop], K hops from the `begun`th on."""
        hop, count = self.hop, wave.shape[1] // self.hop - 2 * BEFORE
        short, long = SHORT * hop, LONG * hop
        window, long_window = self.windows
        around = torch.fft.rfft(wave.unfold(1, long, hop) * long_window).abs().square()
        decibels = strength(around, self.bands[1]).amin(0) * self._directions(begun, count)
        decibels = (decibels @ self.bands[0].T)[:, None]
        gains = F.conv1d(decibels, torch.tensor(SMOOTH)[None, None], padding=1)[:, 0]
        frames = wave[:, (BEFORE - SHORT + 1) * hop :].unfold(1, short, hop)[:, : count + SHORT - 1]
        changed = torch.fft.rfft(frames * window) * 10 ** (gains / 20)
        parts = torch.fft.irfft(changed, short) * (window / 1.5)  # squared windows add up to 1.5
        parts = parts.unflatten(2, (SHORT, hop))
        total = sum(parts[:, SHORT - 1 - j : SHORT - 1 - j + count, j] for j in range(SHORT))
        return total.flatten(1).clamp(-1, 1)

    def _directions(self, begun: int, count: int) -> Tensor:
        """[count + SHORT - 1, BANDS]: of the frames, by the middle of each."""
        middle = torch.arange(begun, begun + count + SHORT - 1) + 1 - SHORT + SHORT / 2
        cell = torch.floor(middle * (self.hop / (self.rate * HOP * CELL))).long()
        return self.cells[cell % len(self.cells)]
