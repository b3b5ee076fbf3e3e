"""Solvers of the flow that were tried beside the library's: x [B, L, C] from t = 0 to 1 over given times.

In the variable t: midpoint, Heun, Adams-Bashforth (AB2, AB3; ComfyUI's `lms` and `ipndm` are such, with
Euler's last step), and the library's Adams with other predictors. In the variable l = -log(1 - t), with the
prediction of the data D = x + (1 - t) v, for which x(l + h) = e^-h x(l) + the integral of e^(s - h) D(l + s)
ds over s from 0 to h: DPM-Solver++ 2M (Lu et al. 2022), and UniPC of order 2 (Zhao et al. 2023) with the
polynomial through the predictions integrated exactly. The last step, where l is infinite, is D.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

Velocity = Callable[[Tensor, float], Tensor]
Method = Callable[[Velocity, Tensor, Sequence[float]], Tensor]


def midpoint(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        half = (t_next - t) / 2
        x = x + 2 * half * velocity(x + half * velocity(x, t), t + half)
    return x


def heun(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        v, step = velocity(x, t), t_next - t
        x = x + step / 2 * (v + velocity(x + step * v, t_next))
    return x


def runge_kutta_4(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        step, middle = t_next - t, (t + t_next) / 2
        a = velocity(x, t)
        b = velocity(x + step / 2 * a, middle)
        c = velocity(x + step / 2 * b, middle)
        x = x + step / 6 * (a + 2 * b + 2 * c + velocity(x + step * c, t_next))
    return x


def adams_bashforth(order: int, *, eulers_end: bool = False) -> Method:
    def follow(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
        fields: list[Tensor] = []
        for i, (t, t_next) in enumerate(zip(times[:-1], times[1:], strict=True)):
            fields = [velocity(x, t), *fields[: order - 1]]
            known = 1 if eulers_end and i == len(times) - 2 else len(fields)
            x = x + _integral(fields[:known], times[i + 1 - known : i + 1][::-1], t, t_next)
        return x

    return follow


def adams(predictor: int, corrector: int) -> Method:
    """Predict by Adams-Bashforth, evaluate, correct by Adams-Moulton through `corrector` fields."""

    def follow(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
        fields, ahead = [], x
        for i, (t, t_next) in enumerate(zip(times[:-1], times[1:], strict=True)):
            fields = [velocity(ahead, t), *fields[: corrector - 1]]
            seen = times[i + 1 - len(fields) : i + 1][::-1]
            if i > 0:
                x = x + _integral(fields, seen, times[i - 1], t)
            ahead = x + _integral(fields[:predictor], seen[:predictor], t, t_next)
        return ahead

    return follow


def dpmpp_2m(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    before = None
    for i, t in enumerate(times[:-1]):
        data = x + (1 - t) * velocity(x, t)
        step = _lambda(times[i + 1]) - _lambda(t)
        if math.isinf(step):
            return data
        ahead = data
        if before is not None:
            ratio = (_lambda(t) - _lambda(times[i - 1])) / step
            ahead = data + (data - before) / (2 * ratio)
        x, before = math.exp(-step) * x - math.expm1(-step) * ahead, data
    return x


def unipc_2(velocity: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    """Predicts with two predictions, corrects with three; both by the evaluation of the next step."""
    data, ahead = [], x
    for i, t in enumerate(times[:-1]):
        data = [ahead + (1 - t) * velocity(ahead, t), *data[:2]]
        seen = [_lambda(u) for u in times[i + 1 - len(data) : i + 1][::-1]]
        if i > 0:
            x = _exponential(x, data, seen, _lambda(times[i - 1]), seen[0])
        end = _lambda(times[i + 1])
        if math.isinf(end):
            return data[0]
        ahead = _exponential(x, data[:2], seen[:2], seen[0], end)
    return ahead


def _lambda(t: float) -> float:
    return -math.log1p(-t) if t < 1 else math.inf


def _integral(fields: Sequence[Tensor], at: Sequence[float], left: float, right: float) -> Tensor:
    """Of the polynomial through the fields."""
    return sum(_weight(at, j, left, right) * field for j, field in enumerate(fields))


def _exponential(x: Tensor, data: Sequence[Tensor], at: Sequence[float], left: float, right: float) -> Tensor:
    """x at lambda = right from that at left, the data being the polynomial through the predictions."""
    step = right - left
    made = (
        _weight(at, j, left, right, lambda point: np.exp(point - right)) * each for j, each in enumerate(data)
    )
    return math.exp(-step) * x + sum(made)


def _weight(
    at: Sequence[float], j: int, left: float, right: float, factor: Callable = lambda point: 1.0
) -> float:
    """The integral from left to right of factor times the polynomial that is 1 at at[j] and 0 at the rest."""
    points, weights = np.polynomial.legendre.leggauss(16)
    points = left + (points + 1) / 2 * (right - left)
    basis = np.ones_like(points)
    for k, other in enumerate(at):
        if k != j:
            basis = basis * (points - other) / (at[j] - other)
    return float((weights * factor(points) * basis).sum() * (right - left) / 2)
