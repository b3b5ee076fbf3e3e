"""The detector finds hits whose times are known, and nothing where there are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kling_foley_core.analysis.bands import band_power
from kling_foley_core.analysis.onsets import AROUND, _mean_around, onsets
from kling_foley_core.evaluation.measures.matching import count, hits_of, total
from kling_foley_core.foley_world import make_scene, render_sound, truth_of

RATE = 44100


def clicks(times: list[float], rate: int, seconds: float = 4.0, floor: float = 1e-4) -> torch.Tensor:
    """Noise bursts that fade in 60 ms, over faint noise."""
    rng = np.random.default_rng(0)
    sound = floor * rng.standard_normal(int(seconds * rate))
    for time in times:
        start, length = round(time * rate), int(0.1 * rate)
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (0.015 * rate))
        sound[start : start + length] += 0.1 * burst[: len(sound) - start]
    return torch.from_numpy(sound).float().expand(2, -1)


@pytest.mark.parametrize("rate", [44100, 48000, 16000])
def test_clicks_are_found_when_they_are(rate: int) -> None:
    times = [0.3, 0.52, 1.0, 1.44, 2.0, 2.75, 3.1, 3.33]
    hits = count(times, onsets(clicks(times, rate), rate))
    assert (hits.matched, hits.false, hits.missed) == (8, 0, 0)
    assert max(abs(o) for o in hits.offsets) < 0.008


def test_silence_and_steady_noise_have_no_onsets() -> None:
    assert onsets(torch.zeros(2, RATE), RATE) == []
    noise = 0.05 * torch.randn(2, 6 * RATE, generator=torch.Generator().manual_seed(1))
    assert [t for t in onsets(noise, RATE) if t > 0.1] == []


def test_a_click_at_one_side_counts_like_one_in_the_middle() -> None:
    sound = clicks([1.0, 2.0], RATE).clone()
    sound[0] = 0.0
    assert len(onsets(sound, RATE)) == 2


def test_band_frames_lie_at_their_times() -> None:
    sound = torch.zeros(1, RATE)
    sound[0, RATE // 2] = 1.0
    power = band_power(sound, RATE).sum(0)
    assert abs(int(power.argmax()) / 200 - 0.5) <= 0.0026


def test_true_sound_of_the_world_scores_high() -> None:
    found = []
    for seed in range(12):
        scene = make_scene(seed, "eval", seconds=5.0)
        detected = onsets(torch.from_numpy(render_sound(scene)), RATE)
        found.append(hits_of(detected, truth_of(scene)))
    hits = total(found)
    assert hits.matched > 30 and hits.f1 > 0.9 and hits.offset_ms < 5


def test_running_mean_equals_the_plain_one() -> None:
    rows = torch.rand(3, 260, generator=torch.Generator().manual_seed(2))
    fast = _mean_around(rows)
    plain = torch.stack([rows[:, max(0, t - AROUND) : t + AROUND + 1].mean(1) for t in range(260)], dim=1)
    assert (fast - plain).abs().max() < 1e-6
