"""The estimate agrees with the noise that was added, for steady and broken sounds."""

import pytest
import torch

from kling_foley_core.data.curation.measures.snr import HIGHEST, LOWEST, snr_db
from kling_foley_core.data.curation.measures.spectrum import short_time_power

from ..sounds import RATE, noise, sine, with_noise


def estimate(wave, rate=RATE):
    return snr_db(short_time_power(wave, rate))


@pytest.mark.parametrize("truth", [0, 10, 20, 30, 40])
def test_a_steady_tone_in_noise(truth):
    assert estimate(with_noise(sine(3000, 10), truth)) == pytest.approx(truth, abs=1)


@pytest.mark.parametrize("truth", [10, 20, 40])
def test_bursts_with_pauses(truth):
    gate = (torch.arange(10 * RATE) * 2 / RATE % 1 < 0.5).float()
    assert estimate(with_noise(noise(10) * gate, truth)) == pytest.approx(truth, abs=3.5)


def test_noise_alone_has_no_signal_whatever_its_level():
    assert estimate(noise(10) / 10) == estimate(noise(10) / 1000) < -10


def test_silence_has_no_ratio_and_a_sound_in_digital_silence_the_highest():
    assert estimate(torch.zeros(1, RATE)) is None
    tone = torch.cat([torch.zeros(1, RATE), sine(3000, 1), torch.zeros(1, RATE)], 1)
    assert 40 < estimate(tone) <= HIGHEST
    assert estimate(torch.zeros(1, RATE) + noise(1) * 1e-3) >= LOWEST


def test_the_rate_and_a_second_channel_do_not_matter():
    wave = with_noise(sine(3000, 5), 20)
    assert estimate(torch.cat([wave, wave])) == pytest.approx(estimate(wave), abs=1e-3)
    assert estimate(with_noise(sine(6000, 5), 20), 16000) == pytest.approx(20, abs=1)
