"""The multi-resolution STFT loss against a plain twin and on sounds whose distance is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sound_shards import sine

from kling_foley_core.training.losses.spectral import FLOOR, log_stft_distance, stft_distance


def plain(a: np.ndarray, b: np.ndarray, n: int) -> float:
    """Frame by frame, with numpy: reflected by half a window, periodic Hann."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)

    def magnitudes(x: np.ndarray) -> np.ndarray:
        x = np.pad(x, n // 2, mode="reflect")
        frames = [x[i : i + n] * window for i in range(0, len(x) - n + 1, n // 4)]
        return np.abs(np.fft.rfft(frames))

    a, b = magnitudes(a), magnitudes(b)
    logs = np.abs(np.log(np.maximum(a, FLOOR)) - np.log(np.maximum(b, FLOOR))).mean()
    return logs + np.linalg.norm(a - b) / np.linalg.norm(b)


def test_equal_to_the_plain_twin() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(2000).astype(np.float32) * 0.1 for _ in range(2))
    found = stft_distance(torch.from_numpy(a)[None, None], torch.from_numpy(b)[None, None], (256, 128))
    assert float(found) == pytest.approx((plain(a, b, 256) + plain(a, b, 128)) / 2, rel=1e-4)


def test_half_as_loud_is_log_two_away() -> None:
    noise = torch.randn(1, 1, 8000, generator=torch.Generator().manual_seed(0))
    assert float(log_stft_distance(noise / 2, noise, (512,))) == pytest.approx(math.log(2), rel=1e-3)


def test_silence_is_finite_and_so_is_its_gradient() -> None:
    silence = torch.zeros(1, 1, 4000, requires_grad=True)
    loss = stft_distance(silence, torch.zeros(1, 1, 4000), (512,))
    loss.backward()
    assert loss.item() == 0 and torch.isfinite(silence.grad).all()
    tone = torch.from_numpy(sine(440, 0.1))[None, None]
    assert torch.isfinite(stft_distance(tone, torch.zeros_like(tone), (512,)))
