"""What YAMNet sees of a sound: wave [N] at 16 kHz -> patches [W, 96, 64] of log mel, one every 0.48 s.

Frames of 25 ms every 10 ms under a periodic Hann window, magnitude of 512 bins, 64 triangles between 125 and
7500 Hz that are straight on HTK's mel scale, log(x + 0.001). A sound is completed with silence to whole
patches, and to one patch at least; each needs 0.975 s. Constants: Plakal and Ellis, YAMNet (TensorFlow model
garden, 2019).
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..mel_triangles import mel_triangles

RATE = 16000
WINDOW, HOP, N_FFT = 400, 160, 512  # samples
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0  # Hz
OFFSET = 0.001  # before the logarithm
FRAMES, STEP = 96, 48  # of a patch, and from one to the next
PATCH = (FRAMES - 1) * HOP + WINDOW  # 15600 samples, 0.975 s


def patches(wave: Tensor) -> Tensor:
    beyond = len(wave) - PATCH
    wave = F.pad(wave, (0, -beyond if beyond < 0 else -beyond % (STEP * HOP)))
    return log_mel(wave).unfold(0, FRAMES, STEP).transpose(1, 2)


def log_mel(wave: Tensor) -> Tensor:
    """[N] -> [T, 64]"""
    frames = wave.unfold(0, WINDOW, HOP) * torch.hann_window(WINDOW, device=wave.device)
    return (torch.fft.rfft(frames, N_FFT).abs() @ filterbank().to(wave.device) + OFFSET).log()


@lru_cache(maxsize=1)
def filterbank() -> Tensor:
    """[257, 64] float32 on the CPU."""
    with torch.inference_mode(False):
        return mel_triangles(RATE, N_FFT, BANDS, LOWEST, HIGHEST).float()
