"""Old and new sound joined: inside of the parts the new, outside the old to the sample, and a short crossfade
on the old side of every seam.

A codec that goes over a mel makes phases of its own, so its version of a kept sound is uncorrelated with it
(r = 0.00, median of 30 ms pieces of Foley World) and an equal-gain fade would dip by 3 dB; for two versions
in phase an equal-power fade would rise by as much. So the linear fade is divided by what it does to the power
at the correlation r that the two have there: equal power at r = 0, equal gain at r = 1. Our choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..mix.own_sound import aligned
from ..timing import audio_samples
from .edit import Edit, Span

CROSSFADE = 0.03  # seconds, at most
_SILENCE = 1e-12  # energy below which nothing correlates


def with_kept(edit: Edit, made: Tensor, rate: int) -> Tensor:
    """made [B, C', M] at `rate` -> [B, C, N] at the edit's own: each with what the edit keeps put back."""
    return torch.stack([spliced(edit.wave, edit.rate, item, rate, edit.spans) for item in made])


def spliced(kept: Tensor, rate: int, made: Tensor, made_rate: int, spans: Sequence[Span]) -> Tensor:
    """kept [C, N] at `rate`, made [C', M] at `made_rate` from the same moment on; `spans` in seconds, in
    order, without overlap, the last may reach behind N -> [C, max(N, its end)] at `rate`."""
    total = max(kept.shape[1], audio_samples(spans[-1][1], rate))
    made = aligned(made, made_rate, rate, total, kept.shape[0]).clamp(-1, 1)
    out = torch.nn.functional.pad(kept, (0, total - kept.shape[1]))
    parts = [(audio_samples(begin, rate), audio_samples(end, rate)) for begin, end in spans]
    for begin, end in parts:
        out[:, begin:end] = made[:, begin:end]
    sides = [0, *(side for part in parts for side in part), total]
    for gap in range(0, len(sides), 2):  # each kept stretch, between two parts or at an end
        _fade(out, made, sides[gap], sides[gap + 1], rate)
    return out


def _fade(out: Tensor, made: Tensor, begin: int, end: int, rate: int) -> None:
    """Into and out of the made sound at both sides of the kept samples begin..end, where it goes on there."""
    after, before = begin > 0, end < out.shape[1]
    length = min(round(CROSSFADE * rate), (end - begin) // (after + before or 1))
    if length < 1:
        return
    rise = (torch.arange(length) + 0.5) / length
    if after:
        _crossfade(out[:, begin : begin + length], made[:, begin : begin + length], rise.flip(0))
    if before:
        _crossfade(out[:, end - length : end], made[:, end - length : end], rise)


def _crossfade(kept: Tensor, made: Tensor, share: Tensor) -> None:
    """In place of `kept` [C, n]; `share` [n] is what the made sound has of it."""
    energy = (kept.square().sum() * made.square().sum()).sqrt()
    r = ((kept * made).sum() / energy).clamp(0, 1) if energy > _SILENCE else 0.0
    power = share**2 + (1 - share) ** 2 + 2 * r * share * (1 - share)
    kept.copy_(((share * made + (1 - share) * kept) / power.sqrt()).clamp(-1, 1))
