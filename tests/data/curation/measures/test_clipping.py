"""The clipping ratio is the share of flat tops, and nothing else."""

import math

import pytest
import torch

from kling_foley_core.data.curation.measures.clipping import clipping_ratio

from ..sounds import noise, sine


@pytest.mark.parametrize("gain", [1.2, 2, 10])
@pytest.mark.parametrize("afterwards", [1.0, 0.3])
def test_a_hard_clipped_sine(gain, afterwards):
    clipped = (gain * sine(440, 2)).clamp(-1, 1) * afterwards
    truth = 1 - 2 / math.pi * math.asin(1 / gain)
    assert clipping_ratio(clipped) == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("hertz", [30, 440, 5000])
def test_a_pure_sine_is_not_clipped(hertz):
    assert clipping_ratio(0.99 * sine(hertz, 2)) < 0.007


def test_noise_and_silence_are_not_clipped():
    assert clipping_ratio((noise(2) / 10).clamp(-1, 1)) == 0
    assert clipping_ratio(torch.zeros(2, 1000)) == 0


def test_a_lossy_codec_decodes_clipped_tops_beyond_full_scale():
    wave = 0.5 * sine(440, 1)
    wave[:, 100:200] = 1.07
    assert clipping_ratio(wave) == pytest.approx(100 / 44100)


def test_one_of_two_channels_is_half():
    clipped, clean = (2 * sine(440, 1)).clamp(-1, 1), noise(1) / 10
    assert clipping_ratio(torch.cat([clipped, clean])) == pytest.approx(clipping_ratio(clipped) / 2)
