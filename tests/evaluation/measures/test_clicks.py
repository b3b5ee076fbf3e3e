"""Clicks are found where they were made, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kling_foley_core.evaluation.measures import clicks as module
from kling_foley_core.evaluation.measures.clicks import clicks
from kling_foley_core.foley_world import make_scene, render_sound
from kling_foley_core.media import resample

RATE = 44100
MADE = (0.2, 0.5, 0.513, 1.1, 1.7)  # seconds


def tone(hertz: float = 220.0, seconds: float = 2.0, rate: int = RATE, level: float = 0.5) -> torch.Tensor:
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return (level * torch.sin(2 * np.pi * hertz * time)).float()[None]


def stray(wave: torch.Tensor, size: float, rate: int = RATE) -> torch.Tensor:
    wave = wave.clone()
    for time in MADE:
        wave[0, round(time * rate)] += size
    return wave


def jumping(wave: torch.Tensor, size: float) -> torch.Tensor:
    """A level that jumps up and down, as where buffers are lost."""
    steps = torch.zeros_like(wave)
    for k, time in enumerate(MADE):
        steps[:, round(time * RATE) :] += size * (-1) ** k
    return wave + steps


@pytest.mark.parametrize("size", [0.02, 0.3])
@pytest.mark.parametrize("made", [stray, jumping])
def test_a_click_train_in_a_tone(made, size) -> None:
    assert clicks(made(tone(), size), RATE) == pytest.approx(MADE, abs=2 / RATE)
    assert clicks(made(torch.zeros(1, 2 * RATE), size), RATE) == pytest.approx(MADE, abs=2 / RATE)


def test_a_click_in_noise_counts_once_it_stands_out() -> None:
    noise = 0.01 * torch.randn(1, 2 * RATE, generator=torch.Generator().manual_seed(0))
    assert clicks(noise, RATE) == [] and clicks(stray(noise, 0.02), RATE) == []
    assert clicks(stray(noise, 0.6), RATE) == pytest.approx(MADE, abs=2 / RATE)


def test_clicks_outlast_resampling_and_are_one_in_both_channels() -> None:
    twice = stray(tone(), 0.3).repeat(2, 1)
    assert len(clicks(twice, RATE)) == len(MADE)
    assert clicks(resample(twice, RATE, 48000), 48000) == pytest.approx(MADE, abs=1e-3)


def test_a_long_sound_is_taken_in_pieces_that_change_nothing(monkeypatch) -> None:
    wave = stray(tone(), 0.3)
    whole = clicks(wave, RATE)
    at = round(MADE[2] * RATE)
    for chunk in (997, at - 1, at, at + 1):
        monkeypatch.setattr(module, "CHUNK", chunk)
        assert clicks(wave, RATE) == whole


def test_what_is_no_click() -> None:
    sudden = tone(440)
    sudden[:, : RATE // 2] = 0  # a kink, for the tone sets in at a zero
    clipped = (3 * tone(60)).clamp(-1, 1)
    assert clicks(sudden, RATE) == clicks(clipped, RATE) == []
    assert clicks(torch.zeros(2, RATE), RATE) == clicks(torch.ones(1, 2), RATE) == []


def test_a_hit_that_begins_abruptly_is_none() -> None:
    """From silence, or over a faint tone, to a wave far wider than the jump with which it begins."""
    begins = round(0.7 * RATE)
    for before in (torch.zeros(1, 2 * RATE), tone(level=0.02)):
        hit = before.clone()
        hit[:, begins:] += 0.15 * (tone(300, level=1.0) + 0.3)[:, : RATE * 2 - begins]
        assert clicks(hit, RATE) == []
        hit[:, begins:] = before[:, begins:]
        assert clicks(stray(hit, 0.3), RATE) == pytest.approx(MADE, abs=2 / RATE)


@pytest.mark.parametrize("family", ["roll", "scrape", "stillness"])
def test_continuous_sounds_of_the_world_have_none(family) -> None:
    assert clicks(torch.from_numpy(render_sound(make_scene(3, "eval", 3.0, family=family))), RATE) == []
