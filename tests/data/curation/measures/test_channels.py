"""Level, offset, and whether two channels are stereo."""

import pytest
import torch

from kling_foley_core.data.curation.measures.level import level_db
from kling_foley_core.data.curation.measures.offset import dc_offset
from kling_foley_core.data.curation.measures.stereo import balance_db, is_stereo, side_db

from ..sounds import noise, sine


def judged(wave):
    return is_stereo(side_db(wave), balance_db(wave))


def test_mono_written_twice_is_no_stereo():
    wave = noise(1).repeat(2, 1) / 10
    assert side_db(wave) == -120
    assert balance_db(wave) == 0
    assert not judged(wave)
    assert not judged(wave + 1e-4 * torch.cat([noise(1, 5), noise(1, 6)]))


def test_one_channel_is_no_stereo():
    assert side_db(noise(1)) is None
    assert not judged(noise(1))
    assert not judged(torch.cat([noise(1), torch.zeros(1, 44100)]))


def test_two_channels_that_differ_are_stereo():
    mid, side = noise(2, 1), noise(2, 2)
    wave = torch.cat([mid + 0.3 * side, mid - 0.3 * side]) / 10
    assert side_db(wave) == pytest.approx(-10.46, abs=0.1)
    assert judged(wave)
    assert balance_db(torch.cat([2 * mid, mid])) == pytest.approx(6.02, abs=0.01)


def test_offset_is_the_worst_channels_mean():
    assert dc_offset(torch.cat([sine(100, 1), sine(100, 1) - 0.25])) == pytest.approx(0.25, abs=1e-3)


def test_level_of_a_full_scale_sine():
    assert level_db(sine(441, 1)) == pytest.approx(-3.01, abs=0.01)
    assert level_db(torch.zeros(1, 10)) == -120
