"""What a network hears of a sound: the order of the steps, and what is refused."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.sinc import sinc_resampled
from kling_foley_core.evaluation.networks.waveform import long_enough, mono


def test_channels_are_averaged_and_the_whole_sounds_mean_goes() -> None:
    sound = torch.randn(2, 1000) + 0.5
    want = sound.mean(0) - sound.mean()
    torch.testing.assert_close(mono(sound, 100, 100, 3.0), want[:300])
    torch.testing.assert_close(mono(sound, 100, 100, 3.0, centred=False), sound.mean(0)[:300])


def test_the_cut_comes_after_resampling() -> None:
    sound = torch.randn(1, 44100)
    want = sinc_resampled(sound[0] - sound.mean(), 44100, 16000)[: int(16000 * 0.3333)]
    torch.testing.assert_close(mono(sound, 44100, 16000, 0.3333), want)
    assert len(mono(sound, 44100, 16000, 8.0)) == 16000


@pytest.mark.parametrize(
    ("sound", "rate", "words"),
    [
        (torch.zeros(100), 100, r"\[100\]"),
        (torch.zeros(0, 100), 100, r"\[0, 100\]"),
        (torch.zeros(1, 0), 100, r"\[1, 0\]"),
        (torch.full((1, 9), float("nan")), 100, "not numbers"),
        (torch.zeros(1, 9), 0, "rate = 0"),
    ],
)
def test_what_is_no_sound(sound: torch.Tensor, rate: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        mono(sound, rate, 16000, 8.0)


def test_too_short_says_what_is_needed() -> None:
    wave = torch.zeros(8000)
    assert long_enough(wave, 8000, 16000, "Cnn14") is wave
    with pytest.raises(InputError, match=r"0\.5 s, but Cnn14 needs 0\.625 s"):
        long_enough(wave, 10000, 16000, "Cnn14")
