"""Onsets of long sounds are found in pieces."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.analysis.onsets import PIECE, long_onsets, onsets


def clicks(seconds: float, times: list[float], rate: int = 44100) -> torch.Tensor:
    """Short decaying bursts [1, N] over a little noise."""
    generator = torch.Generator().manual_seed(0)
    sound = 1e-4 * torch.randn(round(seconds * rate), generator=generator)
    decay = torch.exp(-torch.arange(rate // 20) / (0.008 * rate))
    for time in times:
        at = round(time * rate)
        burst = 0.5 * decay * torch.randn(len(decay), generator=generator)
        sound[at : at + len(burst)] += burst[: len(sound) - at]
    return sound[None]


@pytest.mark.parametrize("rate", [16000, 44100])
def test_onsets_in_pieces_are_those_of_the_whole(rate: int) -> None:
    times = [0.5, 3.2, PIECE - 0.6, PIECE - 0.01, PIECE + 0.3, 17.77, 2 * PIECE, 2 * PIECE + 1.4]
    sound = clicks(2 * PIECE + 2.5, times, rate)
    heard = long_onsets(sound, rate)
    assert heard == pytest.approx(onsets(sound, rate), abs=1e-6)
    assert len(heard) == len(times)
    assert max(abs(a - b) for a, b in zip(heard, times, strict=True)) < 0.01


@pytest.mark.parametrize("rate", [8000, 22050, 192000])
def test_clicks_are_heard_at_any_rate(rate: int) -> None:
    heard = long_onsets(clicks(2.0, [0.5, 1.25], rate), rate)
    assert [round(t, 1) for t in heard] == [0.5, 1.2] or heard == pytest.approx([0.5, 1.25], abs=0.02)


def test_silence_and_one_sample_have_no_onset() -> None:
    assert long_onsets(torch.zeros(2, 88200), 44100) == []
    assert long_onsets(torch.zeros(1, 1), 44100) == []
