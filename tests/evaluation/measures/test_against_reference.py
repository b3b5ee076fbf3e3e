"""Envelope, pan, silence and loudness of a sound against another whose difference is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mix_tones import sine

from kling_foley_core.evaluation.measures.envelope_r import envelope_r
from kling_foley_core.evaluation.measures.loudness import SILENT, loudness, loudness_difference
from kling_foley_core.evaluation.measures.pan_r import pan_over_time, pan_r
from kling_foley_core.evaluation.measures.silence_kept import silence_kept
from kling_foley_core.foley_world.panning import pan_gains

RATE, SECONDS = 16000, 6.0


def noise(seed: int, seconds: float = SECONDS, rate: int = RATE) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(1, round(seconds * rate), generator=draw)


def times(rate: int = RATE) -> np.ndarray:
    return np.arange(round(SECONDS * rate)) / rate


def panned(x: np.ndarray, seed: int = 0, rate: int = RATE) -> torch.Tensor:
    """[2, N]: noise at x(t) in -1..1."""
    gains = torch.from_numpy(np.stack(pan_gains(x))).float()
    return noise(seed, rate=rate) * gains


def swelling(seed: int, hertz: float = 0.4, shift: float = 0.0, rate: int = RATE) -> torch.Tensor:
    level = 10 ** (20 * np.sin(2 * np.pi * hertz * times(rate) + shift) / 20)
    return noise(seed, rate=rate) * torch.from_numpy(level).float() / 10


SWEEP, BACK = 2 * times() / SECONDS - 1, 1 - 2 * times() / SECONDS


def test_a_pan_sweep_is_followed_or_mirrored() -> None:
    reference = panned(SWEEP)
    assert pan_over_time(reference, RATE, 600) == pytest.approx(np.linspace(-1, 1, 600), abs=0.15)
    assert pan_r(panned(SWEEP, 1), RATE, reference, RATE) > 0.97
    assert pan_r(panned(BACK, 1), RATE, reference, RATE) < -0.97
    assert pan_r(panned(0.3 * SWEEP, 1) / 8, RATE, reference, RATE) > 0.85, (
        "a narrower, quieter one follows too"
    )


def test_a_pan_at_another_rate_of_another_length() -> None:
    faster = panned(2 * times(44100) / SECONDS - 1, 1, 44100)
    assert pan_r(faster, 44100, panned(SWEEP), RATE) > 0.97
    assert pan_r(faster[:, : 3 * 44100], 44100, panned(SWEEP), RATE) > 0.9


def test_a_sound_that_stays_follows_nothing_and_a_still_reference_asks_for_nothing() -> None:
    assert pan_r(noise(1), RATE, panned(SWEEP), RATE) == 0.0
    for still in (noise(0), panned(np.full(len(times()), 0.5))):
        assert pan_r(panned(SWEEP, 1), RATE, still, RATE) is None
    assert pan_r(torch.zeros(2, RATE), RATE, panned(SWEEP), RATE) is None


def test_pan_is_compared_only_where_both_sound() -> None:
    gone = panned(SWEEP, 1)
    gone[:, RATE : 3 * RATE] = 1e-5 * noise(5, 2.0)  # to the middle, but inaudible
    assert pan_r(gone, RATE, panned(SWEEP), RATE) > 0.97
    assert np.isnan(pan_over_time(gone, RATE, 600)[120:280]).all()


def test_an_envelope_of_another_sound_that_swells_alike() -> None:
    reference = swelling(0)
    assert envelope_r(swelling(1), RATE, reference, RATE) > 0.98
    assert envelope_r(swelling(1, rate=44100).repeat(2, 1) / 20, 44100, reference, RATE) > 0.98
    assert envelope_r(swelling(1, shift=math.pi), RATE, reference, RATE) < -0.9
    assert abs(envelope_r(swelling(1, shift=math.pi / 2), RATE, reference, RATE)) < 0.35


def test_an_envelope_without_change() -> None:
    assert envelope_r(swelling(0), RATE, noise(1), RATE) is None
    assert envelope_r(swelling(0), RATE, torch.zeros(1, RATE), RATE) is None
    assert envelope_r(torch.zeros(1, 5 * RATE), RATE, swelling(0), RATE) == 0.0
    assert envelope_r(swelling(0)[:, :100], RATE, swelling(0), RATE) is None


def test_the_share_of_silence_that_is_kept() -> None:
    reference, sound = noise(0), noise(1)
    reference[:, 2 * RATE : 4 * RATE] = 0
    assert silence_kept(sound, RATE, reference, RATE) == 0.0
    sound[:, 2 * RATE : 3 * RATE] = 1e-5 * noise(2, 1.0)
    assert silence_kept(sound, RATE, reference, RATE) == pytest.approx(0.5, abs=0.02)
    assert silence_kept(torch.zeros(2, 44100 * 6), 44100, reference, RATE) == 1.0
    assert silence_kept(sound, RATE, noise(3), RATE) is None
    assert silence_kept(sound[:, :RATE], RATE, reference, RATE) is None, "it ends before the silence begins"


@pytest.mark.parametrize("faint", [-42.0, -25.0])
def test_a_codecs_hiss_is_silence_and_a_murmur_is_not(faint) -> None:
    reference, sound = noise(0), noise(1)
    for wave, level in ((reference, 0.0), (sound, 10 ** (faint / 20))):
        wave[:, 2 * RATE : 4 * RATE] = level * noise(2, 2.0)
        wave *= 3  # to -10 dBFS: the 50 dB below it count, not the floor of -60
    assert silence_kept(sound, RATE, reference, RATE) == (1.0 if faint == -42.0 else 0.0)


def test_a_sine_of_known_loudness() -> None:
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS has -23 LUFS; in mono half of the power."""
    assert loudness(sine(-23, 3), 48000) == pytest.approx(-23, abs=0.1)
    assert loudness(sine(-23, 3, channels=1), 48000) == pytest.approx(-26, abs=0.1)
    assert loudness(sine(-23, 3, 6000, hertz=1000), 6000) == pytest.approx(-23, abs=0.1), "a rate below 8 kHz"


def test_loudness_that_differs_by_so_much() -> None:
    assert loudness_difference(sine(-23, 3), 48000, sine(-29, 5, 44100), 44100) == pytest.approx(6, abs=0.1)
    assert loudness_difference(sine(-29, 3), 48000, sine(-23, 3), 48000) == pytest.approx(6, abs=0.1)
    same = loudness_difference(sine(-23, 3, channels=1), 48000, sine(-23, 3), 48000)
    assert same == pytest.approx(0, abs=0.01), "mono is heard on both sides"


def test_loudness_of_silence_and_of_too_little() -> None:
    assert loudness(torch.zeros(2, 48000), 48000) == SILENT
    silent = loudness_difference(torch.zeros(1, 48000), 48000, sine(-23, 3), 48000)
    assert silent == pytest.approx(47, abs=0.1)
    assert loudness(sine(-23, 0.39), 48000) is None
    assert loudness_difference(sine(-23, 0.39), 48000, sine(-23, 3), 48000) is None
