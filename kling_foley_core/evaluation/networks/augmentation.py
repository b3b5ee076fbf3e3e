"""Augmentation of band powers: what codecs, vocoders and rooms do to a sound that stays what it is.

power [N, BANDS, T] -> the same shape. Blur over time and over bands, colouration, beating partials and a
noise floor, each of random strength. A classifier trained on augmented sound goes by what lasts: one trained
on clean sound alone took a fifth of true sounds for others once a codec had decoded them. Our choice.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLURS = (1, 2, 3)  # frames either side, of 5 ms; slower powers are blurred by one frame only
BLURRED = 0.4  # how often each happens
LEAKS = 0.35  # of a band's power, to its neighbours, at most
BEATING = (40.0, 1.5), (6.0, 3.0)  # (changes a second, dB): within a sound, and from one to the next
COLOURED = 2.0  # dB a band
FLOOR = -70.0, -35.0  # dB under the loudest
TILT = 6.0  # dB either side


def augmented(power: Tensor, hertz: float, draw: torch.Generator) -> Tensor:
    """`hertz`: frames a second of `power`."""
    count, bands, frames = power.shape

    def chance(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=draw)

    def levels(points: int, most: float) -> Tensor:
        """dB that change as often, [N, bands, frames]."""
        knots = torch.randn(count, bands, points, generator=draw) * most * chance(count, 1, 1)
        return knots if points == 1 else F.interpolate(knots, frames, mode="linear", align_corners=True)

    for near in BLURS if hertz > 100 else BLURS[:1]:
        share = chance(count, 1, 1) * (chance(count, 1, 1) < BLURRED)
        power = power + share * (_means(power, near) - power)
    share = LEAKS * chance(count, 1, 1)
    above, below = power.roll(-1, 1), power.roll(1, 1)
    above[:, -1], below[:, 0] = power[:, -1], power[:, 0]
    power = (1 - share) * power + share / 2 * (above + below)
    change = levels(1, COLOURED)
    for rate, most in BEATING:
        change = change + levels(max(2, int(frames / hertz * min(rate, hertz / 2)) + 2), most)
    tilt = TILT * (2 * chance(count, 1, 1) - 1) * torch.linspace(-1, 1, bands)[:, None]
    floor_db = FLOOR[0] + (FLOOR[1] - FLOOR[0]) * chance(count, 1, 1)
    floor = 10 ** ((floor_db + tilt) / 10) * power.amax((1, 2), keepdim=True)
    return power * 10 ** (change / 10) + 2 * floor * chance(count, bands, frames)


def _means(power: Tensor, near: int) -> Tensor:
    return F.avg_pool1d(F.pad(power, (near, near), mode="replicate"), 2 * near + 1, 1)
