"""Mono sound along a path: the sum, the levels, steps, pieces, width."""

from __future__ import annotations

import math

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.stereo.following import Path, render, render_path

RATE = 16000


def path(*positions: float, spread: float = 0.0) -> Path:
    return Path(torch.tensor(positions), torch.full((len(positions),), spread))


def noise(samples: int = RATE, batch: int = 1) -> torch.Tensor:
    return torch.rand(batch, 1, samples, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("width", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("samples", [1, 100, RATE])
def test_the_mean_of_both_sides_is_the_mono_sound_to_rounding(width: float, samples: int) -> None:
    wave, moving = noise(samples), path(*torch.linspace(-1, 1, 101).tolist(), spread=1.0)
    both = render_path(wave, [moving], RATE, width)
    assert both.shape == (1, 2, samples)
    assert (both.mean(1, keepdim=True) - wave).abs().max() < 3e-7


@pytest.mark.parametrize("x", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_the_levels_are_those_of_constant_power_at_that_place(x: float) -> None:
    left, right = render_path(noise(), [path(x)], RATE, 0)[0].square().mean(1).tolist()
    assert (right - left) / (right + left) == pytest.approx(math.sin(x * math.pi / 2), abs=1e-5)


def test_a_place_in_time_is_heard_at_its_time() -> None:
    steps = torch.where(torch.arange(101) < 50, -1.0, 1.0).tolist()
    left, right = render_path(torch.ones(1, 1, RATE), [path(*steps)], RATE, 0)[0]
    assert left[: RATE * 49 // 100].min() == 2 and right[RATE // 2 :].min() == 2
    assert (left[1:] - left[:-1]).abs().max() < 0.03  # ten milliseconds: no click


def test_width_makes_the_sides_differ_and_keeps_the_level() -> None:
    wave = noise()
    narrow, wide = (render_path(wave, [path(0.0, spread=1.0)], RATE, w)[0] for w in (0.0, 1.0))
    assert torch.equal(narrow[0], narrow[1])
    alike = (wide[0] @ wide[1]) / wide[0].norm() / wide[1].norm()
    assert alike < 0.2
    assert float(wide.square().mean() / narrow.square().mean()) == pytest.approx(2, rel=0.1)
    point = render_path(wave, [path(0.0, spread=0.0)], RATE, 1.0)[0]
    assert torch.equal(point, narrow)


def test_pieces_join_without_a_difference(monkeypatch) -> None:
    wave, moving = noise(), path(*torch.linspace(1, -1, 101).tolist(), spread=0.8)
    whole = render_path(wave, [moving], RATE, 1.0)
    monkeypatch.setattr(render, "PIECE", 997)
    assert torch.allclose(render_path(wave, [moving], RATE, 1.0), whole, atol=1e-6)


def test_each_sound_of_a_batch_has_its_path() -> None:
    wave = noise(batch=2)
    both = render_path(wave, [path(-0.5), path(0.5)], RATE, 0)
    for item, x in enumerate((-0.5, 0.5)):
        assert torch.equal(both[item], render_path(wave[item : item + 1], [path(x)], RATE, 0)[0])
    assert torch.equal(render_path(wave, [path(0.5)], RATE, 0)[1], both[1])


@pytest.mark.parametrize(
    ("wave", "paths", "width", "message"),
    [
        (noise(8), [path(0.0)], 1.5, "width = 1.5"),
        (noise(8), [path(0.0)], float("nan"), "width = nan"),
        (noise(8, 3), [path(0.0)] * 2, 0, "2 of 3"),
        (noise(8).expand(1, 2, 8), [path(0.0)], 0, "mono"),
        (noise(8) / 0, [path(0.0)], 0, "not finite"),
    ],
)
def test_bad_input_is_named(wave, paths, width, message) -> None:
    with pytest.raises(InputError, match=message):
        render_path(wave, paths, RATE, width)
