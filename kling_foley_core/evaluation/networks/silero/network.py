"""Silero VAD's network at 16 kHz: wave [N] -> probability of speech [ceil(N / 512)], one every 32 ms.

Each frame of 512 samples is seen with the 64 before it, and 64 mirrored ones after it. A learned transform
(129 pairs of cosine and sine) gives four magnitudes over time, four convolutions make one vector of them, and
an LSTM carries what was heard from frame to frame. Sizes are those of version 6.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATE = 16000
FRAME, BEFORE, AFTER = 512, 64, 64  # samples
N_FFT, HOP = 256, 128
WIDTH = 128


class SileroVAD(nn.Module):
    """Layers are named as in the package's safetensors."""

    def __init__(self) -> None:
        super().__init__()
        bins = N_FFT // 2 + 1
        self.stft_conv = nn.Conv1d(1, 2 * bins, N_FFT, stride=HOP, bias=False)
        self.conv1 = nn.Conv1d(bins, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH // 2, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(WIDTH // 2, WIDTH // 2, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(WIDTH // 2, WIDTH, 3, padding=1)
        self.lstm_cell = nn.LSTMCell(WIDTH, WIDTH)
        self.final_conv = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, wave: Tensor) -> Tensor:
        """wave [N] from its beginning on; behind its end is silence."""
        padded = F.pad(wave, (BEFORE, -len(wave) % FRAME))
        vectors = self._vectors(padded.unfold(0, BEFORE + FRAME, FRAME))
        state, heard = None, []
        for vector in vectors:
            state = self.lstm_cell(vector[None], state)
            heard.append(state[0])
        return self.final_conv(F.relu(torch.cat(heard))[..., None]).sigmoid().flatten()

    def _vectors(self, frames: Tensor) -> Tensor:
        """[T, 576] -> [T, 128]"""
        parts = self.stft_conv(F.pad(frames[:, None], (0, AFTER), mode="reflect")).chunk(2, dim=1)
        x = torch.hypot(*parts)
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.relu(convolution(x))
        return x.squeeze(-1)
