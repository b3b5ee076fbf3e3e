"""Mono sound placed along a path: wave [B, 1, N], one path of each -> left and right [B, 2, N].

left = 2 cos a / (cos a + sin a) m + s,  right = 2 sin a / (cos a + sin a) m - s,  a = (x + 1) pi / 4

m is the mono sound, x the position. The ratio of the two gains is that of the usual constant-power pan,
their sum is always 2: (left + right) / 2 is the mono sound, as of the trained renderer (renderer.py). Width:
s is m through a sparse filter of 30 ms, which blurs where it comes from; it cancels in the sum. A sample
depends on the path at its instant and on the 30 ms before it, so a long sound can be placed piece by piece.
Our choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...codec.checks import check_finite, check_mono
from ...codec.chunks import chunks
from ...errors import InputError
from ...files.on_disk import PIECE, let_go, room_for
from .path import Path

WIDTH = 0.3  # of the mono sound's level, for what moves over all of the picture; heard as width, not as echo
TAPS, FIRST, LAST = 16, 0.002, 0.03  # of the filter; seconds


def render_path(wave: Tensor, paths: Sequence[Path], rate: int, width: float = WIDTH) -> Tensor:
    """`paths`: one of each sound, or one of all."""
    check_mono(wave)
    check_finite(wave, "wave", "check what made it")
    check_width(width)
    if len(paths) not in (1, len(wave)):
        raise InputError(f"paths: {len(paths)} of {len(wave)} sound(s); give one of each, or one of all.")
    paths = list(paths) * (len(wave) if len(paths) == 1 else 1)
    both = room_for(len(wave), 2, wave.shape[-1], device=wave.device)
    for part in chunks(wave.shape[-1], PIECE, round(LAST * rate) + 1):
        piece = wave[:, 0, part.left : part.stop].float()
        for item, (mono, path) in enumerate(zip(piece, paths, strict=True)):
            both[item, :, part.start : part.stop] = _placed(mono, path, part.left, part.start, rate, width)
        let_go(wave, both)
    return both


def check_width(width: float) -> None:
    if not 0 <= width <= 1:
        raise InputError(f"width = {width}: give 0 (each sound from one point) to 1; {WIDTH} is usual.")


def _placed(mono: Tensor, path: Path, left: int, start: int, rate: int, width: float) -> Tensor:
    """Samples left.. of a sound -> left and right [2, n] of the samples start.. to its end."""
    kept = mono[start - left :]
    position, spread = (values.to(mono) for values in path.between(start, left + len(mono), rate))
    angle = (position.clamp(-1, 1) + 1) * (math.pi / 4)
    to_left = 2 * angle.cos() / (angle.cos() + angle.sin())
    aside = torch.zeros_like(kept)
    if width > 0 and bool((spread > 0).any()):
        aside = width * spread * _blurred(mono, rate)[start - left :]
    return torch.stack([to_left * kept + aside, (2 - to_left) * kept - aside])


def _blurred(mono: Tensor, rate: int) -> Tensor:
    """Through TAPS single samples of either sign, louder ones first; of the same power."""
    chosen = torch.Generator().manual_seed(0)
    times = torch.rand(TAPS, generator=chosen).sort().values * (LAST - FIRST) + FIRST
    signs = torch.randint(0, 2, (TAPS,), generator=chosen) * 2.0 - 1
    levels = signs * torch.exp(-2 * times / LAST)
    levels = levels / levels.square().sum().sqrt()
    out = torch.zeros_like(mono)
    for delay, level in zip((times * rate).round().long().tolist(), levels.tolist(), strict=True):
        if delay < len(mono):
            out[delay:] += level * mono[: len(mono) - delay]
    return out
