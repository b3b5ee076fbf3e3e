"""What VGGish and YAMNet see of a sound: wave [N] at 16 kHz -> log mel [T, 64], 96 frames a window.

Frames of 25 ms every 10 ms under a periodic Hann window, magnitude of 512 bins, 64 triangles between 125 and
7500 Hz that are straight on HTK's mel scale, log(x + offset). A window needs 0.975 s. Constants: Hershey et
al. 2017; Plakal and Ellis, YAMNet (TensorFlow model garden, 2019).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .mel_triangles import mel_triangles

RATE, WINDOW, HOP, N_FFT = 16000, 400, 160, 512
MELS, LOW, HIGH = 64, 125.0, 7500.0
FRAMES = 96  # of one window
LEAST = (FRAMES - 1) * HOP + WINDOW  # samples of one window


def log_mel(wave: Tensor, offset: float) -> Tensor:
    """`offset`: to a band before the logarithm. In the wave's number type."""
    frames = wave.unfold(0, WINDOW, HOP) * torch.hann_window(WINDOW, dtype=wave.dtype, device=wave.device)
    triangles = mel_triangles(RATE, N_FFT, MELS, LOW, HIGH).to(wave)
    return (torch.fft.rfft(frames, N_FFT).abs() @ triangles + offset).log()
