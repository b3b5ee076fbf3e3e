"""One sound gives way to another: how far, how fast, and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mix_tones import noise, sine, tones

from kling_foley_core.errors import InputError
from kling_foley_core.mix import Ducking, ducking

RATE = 16000
SETTINGS = Ducking("speech", depth=12, attack=0.05, hold=0.2, release=0.4)


def test_the_gain_falls_and_rises_with_its_time_constants() -> None:
    key = torch.cat([0 * sine(0, 2, RATE), sine(-20, 2, RATE), 0 * sine(0, 3, RATE)], 1)
    gain = ducking.ducking_gain(key, RATE, SETTINGS)
    assert len(gain) == 700 and np.all(gain[:200] == 0)
    assert gain[204] == pytest.approx(-12 * (1 - 1 / math.e), abs=0.05), "50 ms into the key"
    assert gain[300] == pytest.approx(-12, abs=0.01)
    assert gain[415] == pytest.approx(-12, abs=0.01), "held"
    released = gain[420:].tolist()
    assert released[39] == pytest.approx(-12 / math.e, abs=0.6), "400 ms after the hold"
    assert released[-1] > -0.1 and np.all(np.diff(released) >= 0)


def test_pauses_shorter_than_the_hold_are_bridged() -> None:
    key = tones([(-20, 0.5), (-80, 0.15)] * 6, RATE)
    gain = ducking.ducking_gain(key, RATE, SETTINGS)
    assert np.all(gain[100:] < -11.9)


def test_the_threshold_follows_the_key(quiet: float = 1e-2) -> None:
    key = tones([(-20, 1), (-45, 1)], RATE)
    loud, soft = (ducking.ducking_gain(level * key, RATE, SETTINGS) for level in (1, quiet))
    assert np.array_equal(loud, soft) and loud[90] < -11 and loud[199] > -2


def test_a_silent_key_turns_nothing_down() -> None:
    wave = noise(1, RATE)
    assert torch.equal(ducking.ducked(wave, torch.zeros(1, RATE), RATE, SETTINGS), wave)


def test_chunks_change_nothing_and_the_gain_is_on_every_sample(monkeypatch) -> None:
    key, wave = noise(2, RATE, channels=1), torch.ones(2, 2 * RATE)
    whole = ducking.ducked(wave, key, RATE, SETTINGS)
    assert whole[:, RATE].tolist() == pytest.approx([10 ** (-12 / 20)] * 2, abs=0.01)
    assert whole[0].diff().abs().max() < 0.01, "no steps of 10 ms"
    monkeypatch.setattr(ducking, "_CHUNK", 999)
    assert torch.equal(ducking.ducked(wave, key, RATE, SETTINGS), whole)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"under": "music"}, "'music': choose speech or effects"),
        ({"depth": -1}, "depth = -1 dB"),
        ({"attack": 11}, "attack = 11 s"),
        ({"release": math.nan}, "release = nan s"),
    ],
)
def test_bad_settings_are_named(changed, message) -> None:
    values = {"under": "speech", "depth": 12, "attack": 0.05, "hold": 0.2, "release": 0.4} | changed
    with pytest.raises(InputError, match=message):
        Ducking(**values)
