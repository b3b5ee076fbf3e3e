"""What a listener goes by: numbers that describe a hit, a stretch of a flow, the background, the room.

All from band powers [24, T] at 200 Hz (bands.py), both channels added, so that no answer hangs on stereo:

    hit         levels of each band in five slices after the onset and one before it, relative to the loudest
    flow        mean level of each band relative to all, its deviation over time, and its roughness
    background  the 10, 30 and 50 % quantile of each band's level, and how it fluctuates
    room        how fast six groups of bands fall: quantiles of their slopes, mean decay after hits

Our choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .bands import BANDS, HOPS_PER_SECOND, decibels

SLICES = ((0.0, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.35))
BEFORE = (-0.06, -0.015)
RANGE_DB = 45.0
FLOOR = 1.0  # of a band's power: -58 dB for a sine
GROUPS = 6
SLOPE_SECONDS = (0.05, 0.15, 0.3)
TAIL = tuple(i * 0.05 for i in range(13))
QUANTILES = (0.1, 0.3, 0.5)


def hit_descriptor(power: Tensor, time: float) -> Tensor:
    """[6 * BANDS]"""
    parts = [_slice(power, time + a, time + b) for a, b in SLICES]
    before = _slice(power, time + BEFORE[0], time + BEFORE[1])
    fresh = [(p - before).clamp(min=0) for p in parts]
    loudest = torch.stack(fresh).max().clamp(min=1e-6)
    return torch.cat([_relative(p, loudest) for p in [*fresh, before]])


def flow_descriptor(power: Tensor, start: float, stop: float) -> Tensor:
    """[3 * BANDS]"""
    piece = power[:, _frame(start) : _frame(stop)]
    level = decibels(piece, FLOOR)
    mean = piece.mean(1)
    rough = (level[:, 1:] - level[:, :-1]).abs().mean(1)
    return torch.cat([_relative(mean, mean.max().clamp(min=1e-6)), level.std(1), rough])


def background_descriptor(power: Tensor) -> Tensor:
    """[5 * BANDS], of the first 70 %: before most fades."""
    level = decibels(_smooth(power[:, : int(0.7 * power.shape[1])], 10), FLOOR)
    quantiles = torch.quantile(level, torch.tensor(QUANTILES), dim=1)
    fine = decibels(power[:, : level.shape[1]], FLOOR)
    still = level <= quantiles[1][:, None]  # the quieter third: mostly the background alone
    change = (fine[:, 1:] - fine[:, :-1]).abs() * still[:, 1:]
    rough = change.sum(1) / still[:, 1:].sum(1).clamp(min=1)
    shape = quantiles[0] - quantiles[0].max()
    return torch.cat([quantiles.flatten(), shape.clamp(min=-RANGE_DB), rough])


def room_descriptor(power: Tensor, onsets: Sequence[float]) -> Tensor:
    """[GROUPS * (3 * 3 + 12)]"""
    grouped = power.unflatten(0, (GROUPS, BANDS // GROUPS)).sum(1)
    level = decibels(_smooth(grouped, 6), FLOOR)
    parts = []
    for seconds in SLOPE_SECONDS:
        lag = round(seconds * HOPS_PER_SECOND)
        loud = level[:, :-lag] > level.amax(1, keepdim=True) - 25
        slope = (level[:, lag:] - level[:, :-lag]).masked_fill(~loud, 0.0)
        parts.append(torch.quantile(slope, torch.tensor((0.02, 0.1, 0.3)), dim=1).flatten())
    return torch.cat([*parts, _mean_tail(grouped, onsets)])


def _mean_tail(grouped: Tensor, onsets: Sequence[float]) -> Tensor:
    """Mean decay in dB after onsets with 0.3 s to themselves; slices up to the next onset don't count."""
    total, count = torch.zeros(GROUPS, len(TAIL) - 1), torch.zeros(len(TAIL) - 1)
    for time, following in zip(onsets, [*onsets[1:], grouped.shape[1] / HOPS_PER_SECOND], strict=True):
        kept = [k for k, b in enumerate(TAIL[1:]) if time + b < following - 0.02]
        if len(kept) < 6:
            continue
        slices = torch.stack([_slice(grouped, time + TAIL[k], time + TAIL[k + 1]) for k in kept], dim=1)
        total[:, kept] += decibels(slices, FLOOR) - decibels(slices[:, :1], FLOOR)
        count[kept] += 1
    return (total / count.clamp(min=1)).clamp(-RANGE_DB, RANGE_DB).flatten()


def _frame(seconds: float) -> int:
    return max(0, round(seconds * HOPS_PER_SECOND))


def _slice(power: Tensor, start: float, stop: float) -> Tensor:
    """Mean power [bands] of at least one frame; zeros beyond the sound."""
    first = _frame(start)
    piece = power[:, first : max(first + 1, _frame(stop))]
    return piece.mean(1) if piece.shape[1] and stop > 0 else torch.zeros(len(power))


def _relative(power: Tensor, loudest: Tensor) -> Tensor:
    return (10 * torch.log10(power / loudest + 1e-9)).clamp(min=-RANGE_DB)


def _smooth(rows: Tensor, frames: int) -> Tensor:
    return torch.nn.functional.avg_pool1d(rows[None], frames, 1, frames // 2, count_include_pad=False)[0]
