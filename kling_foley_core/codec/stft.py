"""Short-time Fourier transform and its exact inverse in the framing that mel, vocoder and stereo share.

    wave [B, T * hop]  <->  spectrum [B, n_fft / 2 + 1, T], complex

"Same" framing: (n_fft - hop) / 2 samples are added on both sides, so T hops give T frames and frame k is
centred on the middle of hop k. Periodic Hann window, one-sided, not normalised, float32 (specification 6.1).
The window is made where it is used, so no cast of a network can round it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def frame_padding(n_fft: int, hop: int) -> int:
    """Samples added on each side."""
    return (n_fft - hop) // 2


def _window(n_fft: int, like: Tensor) -> Tensor:
    return torch.hann_window(n_fft, dtype=torch.float32, device=like.device)


def spectrum(wave: Tensor, n_fft: int, hop: int, *, edges: str) -> Tensor:
    """wave [B, N] -> [B, n_fft/2+1, N//hop]; `edges`: how the sound is continued, "reflect" or "constant"
    (silence)."""
    padded = F.pad(wave.float(), (frame_padding(n_fft, hop),) * 2, mode=edges)
    return torch.stft(padded, n_fft, hop, window=_window(n_fft, wave), center=False, return_complex=True)


def wave_from_spectrum(frames: Tensor, n_fft: int, hop: int) -> Tensor:
    """[B, n_fft/2+1, T] complex -> [B, T * hop]: least-squares inverse, exact for the spectrum of a wave.

    torch.istft refuses this framing, because the window is zero at the padded signal's very first sample;
    that sample is cut off here anyway, and what remains is covered by two windows or more.
    """
    window = _window(n_fft, frames).unsqueeze(-1)
    pieces = torch.fft.irfft(frames, n_fft, dim=1) * window
    weight = window.square().expand(1, n_fft, frames.shape[-1])
    keep = slice(frame_padding(n_fft, hop), frame_padding(n_fft, hop) + frames.shape[-1] * hop)
    return _overlap_add(pieces, hop)[:, keep] / _overlap_add(weight, hop)[:, keep]


def _overlap_add(pieces: Tensor, hop: int) -> Tensor:
    """[B, n, T] -> [B, (T - 1) * hop + n]: n / hop shifted sums, in the same order on every device."""
    batch, length, count = pieces.shape
    hops = length // hop
    parts = pieces.transpose(1, 2).reshape(batch, count, hops, hop)
    total = pieces.new_zeros(batch, count + hops - 1, hop)
    for j in range(hops):
        total[:, j : j + count] += parts[:, :, j]
    return total.flatten(1)
