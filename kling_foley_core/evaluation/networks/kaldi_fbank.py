"""Kaldi's log mel filterbank, as torchaudio.compliance.kaldi.fbank makes it for ImageBind.

    wave [N] at 16 kHz -> [frames, bands], frames = (N - 400) // 160 + 1, no frame hanging over the end

Each frame of 25 ms by itself: its mean taken off, each sample less 0.97 of the one before (the first less
0.97 of itself), a Hann window that reaches zero at both ends, power of 512 bins, triangles in mel from 20 to
8000 Hz, natural logarithm of at least float32's epsilon. No dither, no energy.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .mel_triangles import mel_triangles

RATE = 16000
FRAME, HOP, N_FFT = 400, 160, 512
EMPHASIS = 0.97
LOWEST_HZ = 20.0


def kaldi_fbank(wave: Tensor, bands: int) -> Tensor:
    """`wave` of one frame at least."""
    frames = wave.unfold(0, FRAME, HOP)
    frames = frames - frames.mean(1, keepdim=True)
    frames = frames - EMPHASIS * torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    window = torch.hann_window(FRAME, periodic=False, device=wave.device)
    power = torch.fft.rfft(frames * window, N_FFT).abs().square()
    triangles = mel_triangles(RATE, N_FFT, bands, LOWEST_HZ, RATE / 2).to(power)
    return (power @ triangles).clamp(min=torch.finfo(torch.float32).eps).log()
