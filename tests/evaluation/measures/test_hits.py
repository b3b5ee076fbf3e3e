"""Coverage, precision, F1, offset and delay of knocks whose times are known."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.evaluation.measures.hits import Onsets, hit_figures, onsets_of
from kling_foley_core.media import resample

RATE, SECONDS = 44100, 4.0
TRUE = (0.5, 1.1, 1.8, 2.4, 3.3)


def knocks(times: tuple[float, ...], rate: int = RATE, seconds: float = SECONDS) -> torch.Tensor:
    """[1, N]: short bursts of noise over a faint room."""
    draw = torch.Generator().manual_seed(0)
    wave = 1e-4 * torch.randn(round(seconds * RATE), generator=draw)
    decay = torch.exp(-torch.arange(RATE // 20) / (0.008 * RATE))
    for time in times:
        at = round(time * RATE)
        wave[at : at + len(decay)] += 0.5 * decay * torch.randn(len(decay), generator=draw)
    return resample(wave[None], RATE, rate)


def found(sound: torch.Tensor, rate: int = RATE) -> dict[str, float | None]:
    return hit_figures(onsets_of(sound, rate, (knocks(TRUE), RATE)), SECONDS)


@pytest.mark.parametrize("late", [-0.03, 0.0, 0.02])
def test_a_sound_that_is_late_by_so_much(late) -> None:
    figures = found(knocks(tuple(t + late for t in TRUE)))
    assert figures["hits coverage"] == figures["hits precision"] == figures["hits F1"] == 1.0
    assert figures["hits delay"] == pytest.approx(1000 * late, abs=3)
    assert figures["hits offset"] == pytest.approx(1000 * abs(late), abs=3)


def test_missing_and_false_hits_are_told_apart() -> None:
    figures = found(knocks((*TRUE[:3], 2.7, 3.0)))
    assert figures["hits coverage"] == pytest.approx(3 / 5)
    assert figures["hits precision"] == pytest.approx(3 / 5)
    figures = found(knocks(TRUE[:1]))
    assert (figures["hits coverage"], figures["hits precision"]) == (pytest.approx(1 / 5), 1.0)
    assert figures["hits F1"] == pytest.approx(2 * 0.2 / 1.2)


def test_offset_is_of_the_size_and_delay_of_the_sign() -> None:
    figures = hit_figures(Onsets([0.97, 2.03, 2.98], [1.0, 2.0, 3.0]), 4.0)
    assert figures["hits offset"] == pytest.approx(30.0) and figures["hits delay"] == pytest.approx(-20.0)


def test_rate_and_channels_do_not_matter() -> None:
    own = onsets_of(knocks(TRUE), RATE).sound
    assert own == pytest.approx(TRUE, abs=0.005) and onsets_of(knocks(TRUE).repeat(2, 1), RATE).sound == own
    assert found(knocks(TRUE, 16000), 16000)["hits F1"] == 1.0
    assert onsets_of(knocks(TRUE), RATE).reference is None


def test_what_only_one_of_them_lasts_is_not_compared() -> None:
    onsets = Onsets([0.5, 1.5, 2.5], [0.5, 1.5])
    assert hit_figures(onsets, 2.0)["hits precision"] == 1.0
    assert hit_figures(onsets, 3.0)["hits precision"] == pytest.approx(2 / 3)


def test_where_there_is_nothing_to_find() -> None:
    silent = found(torch.zeros(1, round(SECONDS * RATE)))
    assert (silent["hits coverage"], silent["hits F1"]) == (0.0, 0.0)
    assert silent["hits precision"] is silent["hits offset"] is silent["hits delay"] is None
    still = hit_figures(Onsets([1.0], []), 2.0)
    assert still["hits coverage"] is None and still["hits precision"] == still["hits F1"] == 0.0
    assert set(hit_figures(Onsets([], []), 2.0).values()) == {None}
