"""A fingerprint of sound that survives codecs, gain and another sampling rate: 32 bits sixteen times a
second.

Haitsma and Kalker 2002, "A Highly Robust Audio Fingerprinting System": frames of 0.37 s; bit m of frame n is
whether the difference of neighbouring bands m and m + 1 grows from the frame before to this one. Our choice:
33 bands from 100 to 6000 Hz in equal steps of the logarithm (the paper's 300 to 2000 Hz are meant for
telephones), 16 frames a second instead of 86, and code 0 for frames that are too quiet to tell.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

FRAME, RATE = 0.37, 16  # seconds; frames a second
BITS = 32
LOWEST, HIGHEST = 100.0, 6000.0  # Hz
QUIET, UNHEARD = 1e-4, 1e-8  # of the loudest frame's energy; of a full-scale square wave's power
SILENT = 0  # the code of such frames


def sound_fingerprint(wave: Tensor, rate: int) -> np.ndarray:
    """[C, N] -> uint32 [T]; empty for a sound shorter than two frames."""
    energies = _band_energies(wave.mean(0), rate)
    if len(energies) < 2:
        return np.zeros(0, np.uint32)
    slope = energies[:, :-1] - energies[:, 1:]
    bits = (slope[1:] > slope[:-1]).numpy().astype(np.uint32)
    codes = (bits << np.arange(BITS, dtype=np.uint32)).sum(1, dtype=np.uint32)
    total = energies.sum(1)[1:]
    quiet = total <= max(float(energies.sum(1).max()) * QUIET, UNHEARD)
    codes[quiet.numpy()] = SILENT
    return codes


def _band_energies(mono: Tensor, rate: int) -> Tensor:
    """[N] -> float64 [T, 33]; the sums of a frame's bands are its mean square between the outer edges."""
    size = round(FRAME * rate)
    padded = 2 ** math.ceil(math.log2(size))  # twice as fast
    edges = torch.logspace(np.log10(LOWEST), np.log10(HIGHEST), BITS + 2) * padded / rate
    bins = edges.round().long().clamp(max=padded // 2 + 1)
    found, window = [], torch.hann_window(size)
    for k in range(max(0, 1 + (len(mono) - size) * RATE // rate)):
        at = round(k * rate / RATE)
        frame = F.pad(mono[at : at + size], (0, max(0, at + size - len(mono))))
        power = torch.fft.rfft(frame * window, padded)[: bins[-1]].abs().double().square()
        sums = F.pad(power.cumsum(0), (1, 0))
        found.append(sums[bins[1:]] - sums[bins[:-1]])
    if not found:
        return torch.zeros(0, BITS + 1, dtype=torch.float64)
    return torch.stack(found) * 2 / (padded * float(window.square().sum()))
