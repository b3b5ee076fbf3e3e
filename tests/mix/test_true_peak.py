"""True peaks on the tones of EBU Tech 3341 (cases 15 to 23); the limiter on what clips between samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mix_tones import noise, sine

from kling_foley_core.mix import limiter, true_peak
from kling_foley_core.mix.fades import faded
from kling_foley_core.mix.limiter import limited

RATE = 48000


def tone(divisor: int, degrees: float, amplitude: float) -> torch.Tensor:
    """A sine of rate / divisor Hz with that phase, faded in and out."""
    phase = 2 * math.pi * torch.arange(RATE // 2, dtype=torch.float64) / divisor + math.radians(degrees)
    return faded((amplitude * torch.sin(phase)).float()[None], RATE, 0.1, 0.1)


@pytest.mark.parametrize(
    ("divisor", "degrees", "amplitude", "expected"),
    [
        (4, 0, 0.50, -6.0),
        (4, 45, 0.50, -6.0),
        (6, 60, 0.50, -6.0),
        (8, 67.5, 0.50, -6.0),
        (4, 45, 1.41, 3.0),
    ],
)
def test_the_tones_of_tech_3341(divisor, degrees, amplitude, expected) -> None:
    found = true_peak(tone(divisor, degrees, amplitude))
    assert expected - 0.4 <= found <= expected + 0.2
    assert found == pytest.approx(20 * math.log10(amplitude), abs=0.05)


def period_within_a_tone(offset: int, four: int = 4) -> torch.Tensor:
    """A tone of rate / 6 at 0.50 with one period of rate / 4 at 1.00 within, synthesised at 4 times the rate,
    `offset` samples later there, low-passed and decimated."""
    from scipy.signal import firwin

    tone = 0.5 * np.sin(2 * np.pi * np.arange(24 * 400) / (6 * four))
    louder = np.sin(2 * np.pi * np.arange(4 * four) / (4 * four))
    fade = np.minimum(1, np.arange(len(tone)) / 1000)
    wave = np.concatenate([np.zeros(offset), fade * tone, louder, fade[::-1] * tone])
    low_pass = firwin(1023, 20_000, fs=four * RATE)
    return torch.from_numpy(np.convolve(wave, low_pass, "same")[::four].copy()).float()[None]


@pytest.mark.parametrize("offset", range(4))
def test_a_loud_period_has_its_peak_wherever_the_samples_lie(offset) -> None:
    """Tech 3341, cases 20 to 23."""
    assert -0.4 <= true_peak(period_within_a_tone(offset)) <= 0.2


def test_the_sample_peak_of_such_a_period_depends_on_where_they_lie() -> None:
    peaks = [20 * math.log10(float(period_within_a_tone(o).abs().max())) for o in range(4)]
    assert max(peaks) - min(peaks) > 2


def test_the_sample_peak_of_that_tone_is_3_db_lower() -> None:
    wave = tone(4, 45, 1.41)
    assert 20 * math.log10(float(wave.abs().max())) == pytest.approx(0, abs=0.1)


def test_an_impulse_has_its_own_peak_and_silence_none() -> None:
    wave = torch.zeros(1, 100)
    assert true_peak(wave) == -math.inf
    wave[0, 0] = 0.5
    assert true_peak(wave) == pytest.approx(-6.02, abs=0.01)


def test_no_sum_and_no_stem_peaks_above_the_ceiling() -> None:
    stems = [noise(1, level=0.8), torch.cat([tone(4, 45, 1.41)] * 2, 1).repeat(2, 1)]
    made = limited(stems, RATE)
    assert all(true_peak(wave) <= -1 for wave in (*made, made[0] + made[1]))
    ratio = made[0] / stems[0]
    assert torch.allclose(ratio, made[1] / stems[1], atol=1e-3, equal_nan=True), "one gain for both"
    cancelling = [noise(1, level=1.0), -noise(1, level=1.0)]
    assert all(true_peak(wave) <= -1 for wave in limited(cancelling, RATE))


def test_what_is_below_the_ceiling_stays_as_it_is() -> None:
    wave = sine(-1.1, 1, hertz=997)
    assert torch.equal(limited([wave], RATE)[0], wave)


def test_a_peak_is_turned_down_before_it_and_released_after_it() -> None:
    wave = torch.full((1, RATE), 0.1)
    wave[0, RATE // 2] = 2.0
    gain = (limited([wave], RATE)[0] / wave)[0]
    lowest = float(gain[RATE // 2])
    assert lowest <= 0.4457 and torch.all(gain >= lowest - 1e-6)
    assert gain[RATE // 2 - round(0.011 * RATE)] == 1
    assert 1 - gain[RATE // 2 + round(0.1 * RATE)] == pytest.approx((1 - lowest) / math.e, rel=0.1)
    assert gain.diff().abs().max() < 0.005, "no step"


def test_chunks_change_nothing(monkeypatch) -> None:
    wave = noise(0.5, level=0.5)
    whole = limited([wave], RATE)[0]
    for chunk in (1000, 5001, 23999):
        monkeypatch.setattr(limiter, "_CHUNK", chunk)
        assert torch.allclose(limited([wave], RATE)[0], whole, atol=1e-6)
