"""Solvers on fields whose solution is known, and the times that they take."""

from __future__ import annotations

import math

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.flow import SOLVERS, adams, euler, holding, interpolate, solver_of, time_grid
from kling_foley_core.flow.solvers import _moulton

ONE = torch.ones(1, 1, 1, dtype=torch.float64)


def turning(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """x' of a turn by a quarter from t = 0 to 1; x [B, L, 2]."""
    return math.pi / 2 * torch.stack([-x[..., 1], x[..., 0]], -1)


def error(follow, times: torch.Tensor) -> float:
    start = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    return float((follow(turning, start, times) - torch.tensor([0.0, 1.0])).norm())


def test_the_corrector_integrates_a_parabola_between_uneven_times() -> None:
    times = torch.tensor([0.1, 0.4, 0.5], dtype=torch.float64)
    t, t1, t2 = times.flip(0)
    found = _moulton([(t, t**2 * ONE), (t1, t1**2 * ONE), (t2, t2**2 * ONE)])
    assert found.item() == pytest.approx(float(t**3 - t1**3) / 3, abs=1e-12)


def test_even_steps_have_the_weights_of_the_textbook() -> None:
    """Predict by Euler, evaluate, correct by 5/12, 8/12, -1/12; the plain twin."""
    times = time_grid(6).double()
    h, x = 1 / 6, torch.tensor([[[1.0, 0.5]]], dtype=torch.float64)
    fields = [turning(x, times[0])]
    for i in range(1, 6):
        fields.append(turning(x + h * fields[-1], times[i]))
        new, last = fields[-1], fields[-2]
        x = x + h * ((new + last) / 2 if i == 1 else (5 * new + 8 * last - fields[-3]) / 12)
    expected = x + h * fields[-1]
    found = adams(turning, torch.tensor([[[1.0, 0.5]]], dtype=torch.float64), times)
    assert torch.allclose(found, expected, rtol=0, atol=1e-7)  # the times are float32


def test_adams_errs_less_than_euler_with_three_times_the_steps() -> None:
    adams_8 = error(adams, SOLVERS["adams"].times(8).double())
    assert adams_8 < error(euler, time_grid(25).double())


def test_its_error_falls_with_the_square_of_the_step() -> None:
    coarse, fine = (error(adams, time_grid(steps).double()) for steps in (40, 80))
    assert coarse / fine == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("name", SOLVERS)
def test_one_evaluation_a_step_at_the_times_given(name) -> None:
    at, reported = [], []

    def velocity(x, t):
        at.append(t)
        return turning(x, t)

    times = SOLVERS[name].times(5)
    SOLVERS[name].follow(velocity, torch.ones(3, 1, 2), times, lambda *done: reported.append(done))
    assert torch.equal(torch.stack(at), times[:-1, None].expand(5, 3))
    assert reported == [("sampling", i + 1, 5) for i in range(5)]


def test_a_single_step_is_eulers() -> None:
    x = torch.randn(2, 3, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(adams(turning, x, time_grid(1)), euler(turning, x, time_grid(1)))


def test_what_is_held_ends_at_itself() -> None:
    """Repair, and a start on the way: the history begins where the path is entered."""
    x0, x1 = torch.randn(2, 2, 6, 2, generator=torch.Generator().manual_seed(0)).unbind(0)
    anew = torch.tensor([0, 0, 1, 1, 0, 0], dtype=torch.bool)
    times = SOLVERS["adams"].times(6, strength=0.6)
    start = interpolate(x0, x1, times[:1])
    found = adams(holding(turning, x0, x1, anew), start, times)
    assert (found - x1)[:, ~anew].abs().max() < 1e-5
    alone = adams(turning, start[:, anew], times)
    assert torch.allclose(found[:, anew], alone, atol=1e-6), "what is made goes its own way"


def test_crowding_shortens_the_steps_at_both_ends() -> None:
    times = time_grid(8, crowding=0.4)
    steps = times.diff()
    assert times[0] == 0 and times[-1] == 1 and (steps > 0).all()
    assert torch.allclose(steps, steps.flip(0), atol=1e-6)
    assert steps[:4].diff().min() > 0
    small = time_grid(1000, crowding=0.4).diff() * 1000
    assert small[0] == pytest.approx(0.6, abs=0.01) and small[500] == pytest.approx(1.4, abs=0.01)


def test_a_strength_takes_the_last_ones() -> None:
    assert torch.equal(time_grid(6, strength=0.6, crowding=0.4), time_grid(10, crowding=0.4)[4:])


def test_euler_keeps_the_papers_times() -> None:
    assert torch.equal(SOLVERS["euler"].times(), torch.linspace(0, 1, 21))


def test_an_unknown_solver_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="solver = rk9: give one of adams, euler"):
        solver_of("rk9")
