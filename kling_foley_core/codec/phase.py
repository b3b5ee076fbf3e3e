"""Phases for the frames of a vocoder that has learned magnitudes: noise, made consistent by Griffin-Lim.

    magnitude [B, bins, T], phase [B, bins, T] as complex numbers of size 1 -> the same, consistent

Losses on magnitudes leave phases unlearned: our vocoder gives each of the higher bins the same phase in every
frame, and noise made of them is a pulse in the middle of every frame (one sample with a seventh of white
noise's energy, 86 times a second). Such bins start from the phases of white noise instead, as in
harmonic-plus-noise models (Stylianou 2001). The noise is given the sound's envelope in time, without which
attacks are blurred, and a few rounds of Griffin and Lim (1984) bring neighbouring frames together.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .stft import frame_padding, spectrum, wave_from_spectrum

ROUNDS = 4  # of Griffin-Lim: more of them change the sound's envelope and mel by under 2 %
PERIOD = 1024  # frames after which the noise repeats, 12 s at 44.1 kHz
SHARPNESS = 1.5  # power of the envelope: of 1, 1.5 and 2 the one by which most impacts are found in the sound
LEAST_ENVELOPE = 1e-4  # of a frame's magnitude
LEAST = 1e-12  # a smaller number has no phase


def reach(n_fft: int, hop: int) -> int:
    """Frames on either side that a frame's phases depend on: in each round those whose windows overlap."""
    return (ROUNDS + 1) * (n_fft // hop - 1)


def noise_phases(first: int, frames: int, n_fft: int, hop: int) -> Tensor:
    """[1, bins, frames] complex of size 1 on the CPU: always those of the same white noise, from frame
    `first` on."""
    places = torch.arange(first, first + frames) % PERIOD
    return _noise_period(n_fft, hop)[:, :, places]


@lru_cache(maxsize=2)
def _noise_period(n_fft: int, hop: int) -> Tensor:
    """One period: noise that goes round, so that the last frame is followed by the first."""
    noise = torch.randn(1, PERIOD * hop, generator=torch.Generator().manual_seed(0))
    margin = frame_padding(n_fft, hop)
    around = torch.cat([noise[:, -margin:], noise, noise[:, :margin]], dim=1)
    window = torch.hann_window(n_fft)
    return unit(torch.stft(around, n_fft, hop, window=window, center=False, return_complex=True))


def consistent(magnitude: Tensor, phase: Tensor, n_fft: int, hop: int) -> Tensor:
    """The phases after ROUNDS of going to the wave and back, and one before them that has the attacks."""
    wave = wave_from_spectrum(magnitude * phase, n_fft, hop) * attacks(magnitude, hop)
    for _ in range(ROUNDS):
        phase = unit(spectrum(wave, n_fft, hop, edges="constant"))
        wave = wave_from_spectrum(magnitude * phase, n_fft, hop)
    return unit(spectrum(wave, n_fft, hop, edges="constant"))


def attacks(magnitude: Tensor, hop: int) -> Tensor:
    """[B, bins, T] -> [B, T * hop]: the frames' RMS over all bins, straight in dB from one frame's middle to
    the next, to the power SHARPNESS."""
    level = magnitude.square().mean(1, keepdim=True).sqrt().clamp(min=LEAST_ENVELOPE).log()
    between = F.interpolate(level, scale_factor=hop, mode="linear", align_corners=False)
    return (SHARPNESS * between).exp().squeeze(1)


def unit(numbers: Tensor) -> Tensor:
    """Complex numbers of size 1; 0 stays 0."""
    return numbers / numbers.abs().clamp(min=LEAST)
