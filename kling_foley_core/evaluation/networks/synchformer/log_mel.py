"""What Synchformer's audio half hears: a wave [N] at 16 kHz -> log mels [segments, 128, 66].

Segments of 0.64 s every 0.32 s, each by itself: power of 1024 bins under a Hann window of 400 samples every
160, edges reflected; 128 bands on the HTK scale over 0 to 8000 Hz, triangles in Hz of height 1; ln(x + 1e-6);
65 frames filled up with a zero to 66 and brought to AST's mean and deviation. Order and numbers are those of
the Synchformer authors' configuration for the model 24-01-04T16-39-21: the zero goes in before the mean is
taken off.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

RATE = 16000
SEGMENT, STEP = 10240, 5120  # samples: 16 and 8 frames of film at 25 a second
N_FFT, WINDOW, HOP = 1024, 400, 160
BANDS, FRAMES = 128, 66
QUIET = 1e-6
MEAN, DEVIATION = -4.2677393, 4.5689974


def log_mels(wave: Tensor) -> Tensor:
    """[N], one segment at least -> [segments, BANDS, FRAMES]; samples after the last whole segment are not
    heard."""
    segments = wave.unfold(0, SEGMENT, STEP)
    window = torch.hann_window(WINDOW, device=wave.device)
    spectrum = torch.stft(
        segments, N_FFT, HOP, WINDOW, window, center=True, pad_mode="reflect", return_complex=True
    )
    bands = torch.matmul(mel_bands().to(wave.device), spectrum.abs().square())
    mels = F.pad((bands + QUIET).log(), (0, FRAMES - bands.shape[-1]))
    return (mels - MEAN) / (2 * DEVIATION)


def mel_bands() -> Tensor:
    """[BANDS, N_FFT / 2 + 1] float32: a band rises from its left neighbour's centre, linearly in Hz."""
    highest = 2595 * math.log10(1 + RATE / 2 / 700)
    mels = torch.linspace(0, highest, BANDS + 2, dtype=torch.float64)
    corners = 700 * (10 ** (mels / 2595) - 1)
    bins = torch.linspace(0, RATE / 2, N_FFT // 2 + 1, dtype=torch.float64)
    left, centre, right = (corners[i : i + BANDS, None] for i in range(3))
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0).float()
