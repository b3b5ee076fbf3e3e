"""The silence ratio is the share of time without sound."""

import pytest
import torch

from kling_foley_core.data.curation.measures.silence import silence_ratio

from ..sounds import RATE, noise, sine


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_sound_that_is_silent_for_a_share_of_its_time(share):
    wave = noise(10) / 10
    wave[:, round((1 - share) * 10 * RATE) :] = 0
    assert silence_ratio(wave, RATE) == pytest.approx(share, abs=0.01)


def test_faint_room_noise_under_a_loud_sound_is_silence_and_alone_it_is_not():
    loud = torch.cat([noise(5), 1e-3 * noise(5)], 1) / 4
    assert silence_ratio(loud, RATE) == pytest.approx(0.5, abs=0.01)
    assert silence_ratio(0.01 * noise(5), RATE) == 0


def test_short_pauses_are_held():
    beats = 0.3 * noise(10) * (torch.arange(10 * RATE) / RATE % 0.5 < 0.25)
    assert silence_ratio(beats, RATE) == 0


def test_digital_silence_is_all_silence_and_one_sounding_channel_is_enough():
    assert silence_ratio(torch.zeros(2, RATE), RATE) == 1
    assert silence_ratio(torch.cat([sine(440, 1), torch.zeros(1, RATE)]), RATE) == 0
