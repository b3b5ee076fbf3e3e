"""Loudness on the signals of EBU Tech 3341 and 3342 that can be synthesised, and against torchaudio.

Cases 7 and 8 of 3341, which are 5 and 6 of 3342, are recorded programmes that the EBU hands out itself.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mix_tones import noise, sine, tones

from kling_foley_core.errors import InputError
from kling_foley_core.mix import (
    integrated_loudness,
    k_weighting,
    loudness_range,
    momentary_loudness,
    short_term_loudness,
)

RATE = 48000
# Tech 3341, table 1: number -> parts (dBFS, seconds), integrated loudness.
SEQUENCES = {
    1: ([(-23, 20)], -23),
    2: ([(-33, 20)], -33),
    3: ([(-36, 10), (-23, 60), (-36, 10)], -23),
    4: ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
    5: ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
}
# Tech 3342, table 1: parts, range.
RANGES = {
    1: ([(-20, 20), (-30, 20)], 10),
    2: ([(-20, 20), (-15, 20)], 5),
    3: ([(-40, 20), (-20, 20)], 20),
    4: ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
}


@pytest.mark.parametrize("case", SEQUENCES)
def test_the_sequences_of_tech_3341(case) -> None:
    parts, expected = SEQUENCES[case]
    assert integrated_loudness(tones(parts), RATE) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 96000])
def test_a_sine_has_its_level_at_every_rate(rate) -> None:
    wave = sine(-23, 3, rate)
    assert integrated_loudness(wave, rate) == pytest.approx(-23, abs=0.1)
    assert integrated_loudness(wave[:1], rate) == pytest.approx(-26.01, abs=0.1), "half the power"


def test_short_term_loudness_stays_where_tones_alternate() -> None:
    """Tech 3341, case 9."""
    found = short_term_loudness(tones([(-20, 1.34), (-30, 1.66)] * 5), RATE)
    assert len(found) == 121
    assert found == pytest.approx(np.full(121, -23), abs=0.1)


def test_momentary_loudness_stays_where_tones_alternate() -> None:
    """Tech 3341, case 12."""
    found = momentary_loudness(tones([(-20, 0.18), (-30, 0.22)] * 25), RATE)
    assert len(found) == 961 and found[60:] == pytest.approx(np.full(901, -23), abs=0.1), "after 1 s"


def silence(seconds: float) -> torch.Tensor:
    return torch.zeros(2, round(seconds * RATE))


SEGMENTS = range(20)  # of cases 10, 11, 13 and 14


@pytest.mark.parametrize("i", SEGMENTS)
def test_a_tone_of_3_s_has_its_short_term_loudness_wherever_it_begins(i) -> None:
    """Tech 3341, case 10."""
    wave = torch.cat([silence(0.15 * i), sine(-23, 3), silence(1)], 1)
    assert short_term_loudness(wave, RATE).max() == pytest.approx(-23, abs=0.1)


def test_tones_of_3_s_that_grow_louder_have_their_short_term_loudness() -> None:
    """Tech 3341, case 11: in segments of 6 s."""
    parts = [[silence(0.15 * i), sine(i - 38, 3), silence(3 - 0.15 * i)] for i in SEGMENTS]
    found = short_term_loudness(torch.cat(sum(parts, []), 1), RATE)
    # A value stands at the end of its 3 s; the last of a segment still belongs to it.
    largest = [found[max(0, 60 * i - 30) : 60 * i + 31].max() for i in SEGMENTS]
    assert largest == pytest.approx([i - 38 for i in SEGMENTS], abs=0.1)


@pytest.mark.parametrize("i", SEGMENTS)
def test_a_tone_of_400_ms_has_its_momentary_loudness_wherever_it_begins(i) -> None:
    """Tech 3341, case 13."""
    wave = torch.cat([silence(0.02 * i), sine(-23, 0.4), silence(1)], 1)
    assert momentary_loudness(wave, RATE).max() == pytest.approx(-23, abs=0.1)


def test_tones_of_400_ms_that_grow_louder_have_their_momentary_loudness() -> None:
    """Tech 3341, case 14: in segments of 0.8 s."""
    parts = [[silence(0.02 * i), sine(i - 38, 0.4), silence(0.4 - 0.02 * i)] for i in SEGMENTS]
    found = momentary_loudness(torch.cat(sum(parts, []), 1), RATE)
    largest = [found[max(0, 80 * i - 40) : 80 * i + 41].max() for i in SEGMENTS]
    assert largest == pytest.approx([i - 38 for i in SEGMENTS], abs=0.1)


def test_surround_counts_more_and_the_lfe_not_at_all() -> None:
    """Tech 3341, case 6: L R C Ls Rs, and the same with an LFE between."""
    left, right, centre, *sides = (sine(level, 20, channels=1) for level in (-28, -28, -24, -30, -30))
    five = torch.cat([left, right, centre, *sides])
    assert integrated_loudness(five, RATE) == pytest.approx(-23, abs=0.1)
    lfe = torch.cat([left, right, centre, sine(0, 20, hertz=60, channels=1), *sides])
    assert integrated_loudness(lfe, RATE) == pytest.approx(integrated_loudness(five, RATE), abs=1e-9)


@pytest.mark.parametrize("case", RANGES)
def test_the_ranges_of_tech_3342(case) -> None:
    parts, expected = RANGES[case]
    assert loudness_range(tones(parts), RATE) == pytest.approx(expected, abs=1)


def test_filters_at_48_khz_are_those_of_the_standard() -> None:
    """BS.1770-4, tables 1 and 2; the standard's high-pass leaves its gain of 0.995 out."""
    shelf, high_pass = k_weighting.k_filters(RATE)
    table = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585]
    assert shelf == pytest.approx(table, abs=1e-6)
    assert high_pass == pytest.approx([1, -2, 1, 1, -1.99004745483398, 0.99007225036621], abs=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_twin_torchaudio(channels) -> None:
    transforms = pytest.importorskip("torchaudio", reason="needs torchaudio, the twin").transforms
    loud, quiet = noise(3, channels=channels), noise(3, channels=channels, level=0.01, seed=1)
    wave = torch.cat([loud, quiet, loud * torch.linspace(0.1, 1, loud.shape[1])], 1)
    twin = float(transforms.Loudness(RATE)(wave.double()))
    assert integrated_loudness(wave, RATE) == pytest.approx(twin, abs=0.1)


@pytest.mark.parametrize("rate", [44100, 11025])
def test_chunks_change_nothing(monkeypatch, rate) -> None:
    wave = noise(2.051, rate)
    whole = {steps: k_weighting.weighted_power(wave, rate, steps) for steps in (10, 100)}
    assert [len(power) for power in whole.values()] == [20, 205]
    monkeypatch.setattr(k_weighting, "_CHUNK", 777)
    for steps, power in whole.items():
        assert np.allclose(k_weighting.weighted_power(wave, rate, steps), power, rtol=1e-9)


def test_silence_and_short_sounds_have_none() -> None:
    assert integrated_loudness(torch.zeros(2, RATE), RATE) == -math.inf
    assert integrated_loudness(sine(-20, 0.39), RATE) == -math.inf
    assert loudness_range(sine(-20, 2.9), RATE) == 0


def test_a_rate_without_room_for_the_filters_is_refused() -> None:
    with pytest.raises(InputError, match="rate = 4000: loudness is measured from 8000 Hz"):
        integrated_loudness(sine(-20, 1, 4000), 4000)
