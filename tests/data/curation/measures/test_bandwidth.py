"""The bandwidth is where a low pass cut."""

import pytest
import torch

from kling_foley_core.data.curation.measures.bandwidth import bandwidth
from kling_foley_core.data.curation.measures.spectrum import short_time_power

from ..sounds import RATE, low_passed, noise


@pytest.mark.parametrize("hertz", [1000, 4000, 8000, 16000])
def test_low_passed_noise(hertz):
    found = bandwidth(short_time_power(low_passed(noise(4), hertz) / 10, RATE))
    assert found == pytest.approx(hertz, abs=300)  # three bands


def test_white_noise_reaches_half_of_the_rate():
    assert bandwidth(short_time_power(noise(2) / 10, RATE)) == RATE / 2
    assert bandwidth(short_time_power(noise(2, rate=8000) / 10, 8000)) == 4000


def test_one_bright_second_among_dull_ones_counts():
    wave = torch.cat([low_passed(noise(4), 2000), noise(1, 2)], 1) / 10
    assert bandwidth(short_time_power(wave, RATE)) == RATE / 2


def test_digital_silence_has_none():
    assert bandwidth(short_time_power(torch.zeros(2, RATE), RATE)) is None
