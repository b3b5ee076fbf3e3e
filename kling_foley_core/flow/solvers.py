"""Solvers of the flow's equation dx/dt = v(x, t): the field is evaluated once a step, whichever it is.

Error of the latent, of the step count and of the other solvers that were tried: docs/speed.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ..errors import InputError
from ..progress import Progress, silent
from .composition import Velocity
from .times import time_grid

Follow = Callable[[Velocity, Tensor, Tensor, Progress], Tensor]


def euler(velocity: Velocity, x: Tensor, times: Tensor, progress: Progress = silent) -> Tensor:
    """Follows `velocity` from x [B, L, C] at times[0] to times[-1]; time may run either way."""
    steps = len(times) - 1
    for i, (t, t_next) in enumerate(zip(times[:-1], times[1:], strict=True)):
        x = x + (t_next - t).to(x.dtype) * velocity(x, t.expand(x.shape[0]))
        progress("sampling", i + 1, steps)
    return x


def adams(velocity: Velocity, x: Tensor, times: Tensor, progress: Progress = silent) -> Tensor:
    """As `euler`, of second order: Adams' method as predictor and corrector, one evaluation a step (PEC).

    Euler's step predicts where the next evaluation is made, and that evaluation, which the next step needs
    anyway, corrects the step behind it: Adams-Moulton through the last three fields, in the first step
    through two (UniPC, Zhao et al. 2023, corrects alike in another variable). The last step has no
    evaluation behind it and stays Euler's. A predictor of higher order (Adams-Bashforth) errs less under weak
    guidance but nearly three times as much under MMAudio's 4.5: our choice is the one that holds in both.
    """
    steps, seen, ahead = len(times) - 1, [], x
    for i, (t, t_next) in enumerate(zip(times[:-1], times[1:], strict=True)):
        seen = [(t, velocity(ahead, t.expand(x.shape[0]))), *seen[:2]]
        if i > 0:
            x = x + _moulton(seen)
        ahead = x + (t_next - t).to(x.dtype) * seen[0][1]
        progress("sampling", i + 1, steps)
    return ahead


def _moulton(seen: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The integral from the time before the last to the last one, of the parabola through the last three
    fields (two: of the straight line); the latest first."""
    (t, v), (t1, v1), *earlier = seen
    step = (t - t1).to(v.dtype)
    mean = (v + v1) / 2
    for t2, v2 in earlier:
        before = (t1 - t2).to(v.dtype)
        mean = mean - step / (6 * (step + before)) * ((v - v1) - step / before * (v1 - v2))
    return step * mean


@dataclass(frozen=True)
class Solver:
    """A method with the times that suit it: how many steps are usual, and how they crowd at both ends."""

    follow: Follow
    steps: int
    crowding: float

    def times(self, steps: int | None = None, strength: float = 1.0) -> Tensor:
        """[steps + 1]; as `time_grid`."""
        return time_grid(self.steps if steps is None else steps, strength=strength, crowding=self.crowding)


SOLVERS = {
    "adams": Solver(adams, 8, 0.4),
    "euler": Solver(euler, 20, 0.0),  # the paper's (section 4.1: step 0.05)
}
USUAL = "adams"


def solver_of(name: str) -> Solver:
    """InputError for a name that there is none of."""
    if name not in SOLVERS:
        raise InputError(f"solver = {name}: give one of {', '.join(SOLVERS)}.")
    return SOLVERS[name]
