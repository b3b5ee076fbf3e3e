"""Takes of known onsets are put into order, and the best is the one that comes back."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kling_foley_core.generation.sound import Sound
from kling_foley_core.preview.motion import Movement
from kling_foley_core.ranking import best_of, ranked

RATE, FPS, SECONDS = 16000, 25, 4
SEEN = (0.6, 1.5, 2.8)
LATE = (0.2, 0.0, 0.1, 0.3, 0.0)  # seconds, of the take of each seed from 7 on


def take(seed: int) -> Tensor:
    """[1, N]: short bursts, each late by what the seed says."""
    draw = torch.Generator().manual_seed(seed)
    wave = 1e-4 * torch.randn(SECONDS * RATE, generator=draw)
    decay = torch.exp(-torch.arange(RATE // 20) / (0.008 * RATE))
    for time in SEEN:
        at = round((time + LATE[seed - 7]) * RATE)
        wave[at : at + len(decay)] += 0.5 * decay * torch.randn(len(decay), generator=draw)
    return wave[None]


@pytest.fixture
def moved() -> Movement:
    at = torch.arange(FPS * SECONDS) / FPS
    curve = sum((1 - (at - t).abs() / 0.12).clamp(min=0) for t in SEEN)
    return Movement(curve, SEEN, FPS)


def make(seed: int, batch: int) -> Sound:
    return Sound(torch.stack([take(seed + i) for i in range(batch)]), RATE, "tiny")


def test_takes_come_best_first_and_know_their_seed(moved) -> None:
    takes = ranked(make(7, 5).waveform, RATE, moved, 7)
    assert {t.seed for t in takes[:2]} == {8, 11} and [t.seed for t in takes[2:]] == [9, 7, 10]
    assert [t.agreement for t in takes] == sorted((t.agreement for t in takes), reverse=True)
    assert takes[2].onsets == pytest.approx([t + 0.1 for t in SEEN], abs=0.01)


def test_equal_takes_keep_the_order_of_their_seeds(moved) -> None:
    same = take(7).expand(4, 1, -1)
    assert [t.seed for t in ranked(same, RATE, moved, 3)] == [3, 4, 5, 6]


@pytest.mark.parametrize("seconds", [4.0, 15.0, 100.0])  # all at once, two at a time, one at a time
def test_the_best_of_several_is_the_one_of_its_seed(moved, seconds) -> None:
    sizes, kept = [], {}

    def some(seed: int, batch: int) -> Sound:
        sizes.append(batch)
        return make(seed, batch)

    sound, takes = best_of(5, 7, seconds, some, moved, lambda t, s: kept.update({t.seed: s.waveform[0]}))
    assert sizes == {4.0: [5], 15.0: [2, 2, 1], 100.0: [1] * 5}[seconds]
    assert torch.equal(sound.waveform, take(takes[0].seed)[None]) and sound.model == "tiny"
    assert takes[0].seed in (8, 11)
    assert takes == ranked(make(7, 5).waveform, RATE, moved, 7)
    assert sorted(kept) == [7, 8, 9, 10, 11] and all(torch.equal(w, take(s)) for s, w in kept.items())
