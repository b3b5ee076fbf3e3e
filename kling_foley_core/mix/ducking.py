"""Ducking: one sound is turned down while another, the key, is heard (side-chain compression with a fixed
depth).

The key is heard while its K-weighted level over 10 ms is above the threshold, and for the hold time after
that. It is a level that decides, not what is heard: speech over loud music ducks through the music too. The
threshold lies below the key's own integrated loudness, so that quiet and loud films need no other setting;
10 LU is BS.1770's own relative gate. Our choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..files.on_disk import let_go, room_for
from .k_weighting import weighted_power
from .loudness import integrated_loudness

SPEECH, EFFECTS = "speech", "effects"  # what is heard in front: the film's own sound, or the generated
UNDER = (SPEECH, EFFECTS)
THRESHOLD = -10.0  # LU, from the key's integrated loudness
MAX_DEPTH, MAX_SECONDS = 60.0, 10.0

_STEPS = 100  # a second
_CHUNK = 2**18  # samples at once: bounds memory, changes nothing


@dataclass(frozen=True)
class Ducking:
    """`under`: speech (the generated sound gives way to the film's own) or effects (the other way round);
    `depth` in dB; `attack` and `release`: time constants of the gain in dB (63 % of the way), `hold`: how
    long the gain stays down in the key's pauses; all three in seconds."""

    under: str
    depth: float
    attack: float
    hold: float
    release: float

    def __post_init__(self) -> None:
        if self.under not in UNDER:
            raise InputError(f"ducking under {self.under!r}: choose speech or effects.")
        if not 0 <= self.depth <= MAX_DEPTH:
            raise InputError(f"ducking depth = {self.depth:g} dB: give 0 to {MAX_DEPTH:g}.")
        for name in ("attack", "hold", "release"):
            if not 0 <= (value := getattr(self, name)) <= MAX_SECONDS:
                raise InputError(f"ducking {name} = {value:g} s: give 0 to {MAX_SECONDS:g} s.")


def ducked(wave: Tensor, key: Tensor, rate: int, ducking: Ducking) -> Tensor:
    """[C, N] turned down where `key` [K, N] is heard."""
    gain_db = ducking_gain(key, rate, ducking)
    places = (np.arange(len(gain_db)) + 0.5) * rate / _STEPS
    out = room_for(*wave.shape)
    for begin in range(0, wave.shape[1], _CHUNK):
        part = slice(begin, min(begin + _CHUNK, wave.shape[1]))
        gain = 10 ** (np.interp(np.arange(part.start, part.stop), places, gain_db) / 20)
        out[:, part] = wave[:, part] * torch.from_numpy(gain).float()
        let_go(wave, out)
    return out


def ducking_gain(key: Tensor, rate: int, ducking: Ducking) -> np.ndarray:
    """dB of every 10 ms of the key, one value at least; all 0 for a silent key and below 400 ms."""
    power = weighted_power(key, rate, _STEPS)
    threshold = 10 ** ((integrated_loudness(key, rate) + THRESHOLD + 0.691) / 10)
    heard = (power > threshold) & (threshold > 0)
    hold = round(ducking.hold * _STEPS)
    down, up = (_part_of_step(seconds) for seconds in (ducking.attack, ducking.release))
    gain, held, found = 0.0, 0, np.zeros(max(1, len(heard)))
    for step, is_heard in enumerate(heard.tolist()):
        held = hold + 1 if is_heard else max(0, held - 1)
        target = -ducking.depth if held else 0.0
        gain += (target - gain) * (down if target < gain else up)
        found[step] = gain
    return found


def _part_of_step(seconds: float) -> float:
    """How much of its way to the target the gain goes in one step."""
    return 1 - math.exp(-1 / (seconds * _STEPS)) if seconds else 1.0
