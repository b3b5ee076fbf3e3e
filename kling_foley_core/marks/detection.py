"""Looking for the watermark in a sound of any rate, level and beginning.

    wave float [C, N] -> Detection

Log powers of the pattern's bands are averaged over cells; the difference of two neighbouring cells, less that
of the bands around, is +2 or -2 times the strength where the sound is marked. Pairs a period apart are added,
and the sum over all pairs and bands of difference times sign, divided by the root of the sum of squared
differences, is z. Every beginning of the period is tried, hop by hop.

A sound without the mark knows nothing of the signs, which are as good as thrown coins to it: whatever the
differences are, z exceeds t by chance with a probability of at most exp(-t^2 / 2) (Hoeffding 1963), and the
largest of n with at most n times that. A sound counts as marked where this bound is below FALSE_ALARMS. Our
choice throughout.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..media.audio import resample
from .pattern import BANDS, CELL, HOP, KEY, PAIRS, PERIOD, bands, signs

FALSE_ALARMS = 1e-4  # of sounds without a mark, whatever their length
STRETCH = 10 * PERIOD  # seconds that are looked at together: marks need not be everywhere
SHORTEST = PERIOD  # seconds: shorter sounds often show no mark although they have one
OFFSETS = 2 * PAIRS * CELL  # beginnings of the period that are tried
RATE = 32_000  # that the sound is looked at: the highest band ends below its half, and codecs go on to it
FRAME = 1024  # samples
FLOOR, BELOW = 1e-12, 1e-6  # powers too small to count: absolutely, and against the loudest band
AROUND = 2  # bands to either side whose mean is taken off
USUAL = (0.5, 3.0)  # dB: a band's differences far above its usual ones say more of the sound than of a mark
STILL = 0.02  # dB: below it there is silence


@dataclass(frozen=True)
class Detection:
    """`z`: the largest; `enough`: what makes a sound of this length count as marked; `spans`: from where to
    where, in seconds, it is."""

    z: float
    enough: float
    spans: tuple[tuple[float, float], ...]

    @property
    def found(self) -> bool:
        return bool(self.spans)


def detected(wave: Tensor, rate: int, key: str = KEY) -> Detection:
    """[C, N], or one of a batch."""
    length = round(STRETCH * rate)
    count = max(1, wave.shape[1] // length)
    ends = [*((k + 1) * length for k in range(count - 1)), wave.shape[1]]
    starts = [0, *ends[:-1]]
    return detected_in(((a / rate, wave[:, a:b]) for a, b in zip(starts, ends, strict=True)), rate, key)


def detected_in(stretches: Iterable[tuple[float, Tensor]], rate: int, key: str = KEY) -> Detection:
    """The same of (start in seconds, wave [C, n]) of one sound, one after the other."""
    wanted = signs(key)
    heard = [(start, start + part.shape[1] / rate, largest(part, rate, wanted)) for start, part in stretches]
    enough = threshold(len(heard))
    spans = [(start, end) for start, end, z in heard if z > enough]
    return Detection(max((z for *_, z in heard), default=0.0), enough, tuple(_joined(spans)))


def threshold(stretches: int) -> float:
    """z that a sound of so many stretches exceeds by chance with a probability of at most FALSE_ALARMS."""
    return math.sqrt(2 * math.log(OFFSETS * max(1, stretches) / FALSE_ALARMS))


def largest(wave: Tensor, rate: int, wanted: Tensor) -> float:
    """z of the best beginning."""
    found = differences(band_powers(wave, rate))
    return float(scores(found, wanted).max()) if len(found) else 0.0


def band_powers(wave: Tensor, rate: int) -> Tensor:
    """[T, BANDS] mean over the channels; 1 is a sine at full scale."""
    sound = resample(wave, rate, RATE)
    if sound.shape[1] < FRAME:
        return torch.zeros(0, BANDS)
    window = torch.hann_window(FRAME)
    spectrum = torch.stft(sound, FRAME, round(RATE * HOP), window=window, center=False, return_complex=True)
    power = spectrum.abs().square().mean(0).T / (window.sum() / 2) ** 2
    return power @ bands(FRAME, RATE)


def differences(power: Tensor) -> Tensor:
    """[T, BANDS] -> [T - 2 CELL + 1, BANDS], for a pair of cells that begins at each frame.

    Those far above three times the band's median count less, and bands that are steady, as a bell's partials
    are, count more.
    """
    if len(power) < 2 * CELL:
        return power[:0]
    cell = F.avg_pool1d(power.T, CELL, 1).T
    level = 10 * torch.log10(cell + FLOOR + BELOW * cell.amax(1, keepdim=True))
    apart = level[:-CELL] - level[CELL:]
    around = F.avg_pool1d(F.pad(apart, (AROUND, AROUND), mode="replicate"), 2 * AROUND + 1, 1)
    own = apart - around
    size = own.abs()
    median = size.masked_fill(size < STILL, torch.nan).nanmedian(0).values
    usual = (3 * median).nan_to_num(USUAL[1]).clamp(*USUAL)
    return own / (1 + (own / usual).square()) / usual**1.5


def scores(found: Tensor, wanted: Tensor) -> Tensor:
    """z [2 CELL, PAIRS] for each beginning; all signs are thrown once in each, however long the sound."""
    pair = 2 * CELL
    turns = -(-len(found) // (pair * PAIRS))
    folded = F.pad(found, (0, 0, 0, turns * pair * PAIRS - len(found)))
    folded = folded.view(turns, PAIRS, pair, BANDS).sum(0).permute(1, 0, 2)  # [pair, PAIRS, BANDS]
    turned = torch.stack([wanted.roll(k, 0) for k in range(PAIRS)]).flatten(1)
    size = folded.flatten(1).norm(dim=1, keepdim=True).clamp_min(1e-9)
    return folded.flatten(1) @ turned.T / size


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that touch become one."""
    made: list[tuple[float, float]] = []
    for start, end in spans:
        if made and made[-1][1] == start:
            start = made.pop()[0]
        made.append((start, end))
    return made
