"""How well a sound's onsets meet what moves in its film: ascending seconds and a Movement -> 0..1.

The mean of two halves. `meeting`: each onset is met by exp(-d^2 / 2 WIDTH^2), d the seconds to the nearest
sudden movement, and each sudden movement in the same way by the onsets; it is the harmonic mean of the two
averages, so that an onset without a movement counts against a take, and a movement without an onset too.
`moving`: the share of the film's frames in which less moves than at an onset, averaged over the onsets: sound
that is struck while nothing much moves is wrong wherever its next movement is. Our choice, of what
benchmarks/best_of.py compares (docs/measured.md); WIDTH was chosen on 19 other scenes of the generated world,
in which much moves that is silent.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..preview.motion import Movement

WIDTH = 0.08  # seconds
BESIDE = 1  # frames to either side of an onset: the most that moves there


def agreement(heard: Sequence[float], moved: Movement) -> float:
    """1 where nothing is heard and nothing moves suddenly; 0 where nothing is heard though something does."""
    if not heard:
        return float(not moved.impacts)
    return (meeting(heard, moved.impacts) + moving(heard, moved)) / 2


def meeting(heard: Sequence[float], seen: Sequence[float]) -> float:
    """Onsets against sudden movements, both ascending seconds; 0 where there are none of either."""
    if not heard or not seen:
        return 0.0
    onsets, movements = (torch.tensor(times, dtype=torch.float64) for times in (heard, seen))
    met, answered = _nearness(onsets, movements), _nearness(movements, onsets)
    return 2 * met * answered / (met + answered) if met + answered > 0 else 0.0


def moving(heard: Sequence[float], moved: Movement) -> float:
    """Behind the film's end what is seen last is held."""
    width = 2 * BESIDE + 1
    near = torch.nn.functional.max_pool1d(moved.curve[None], width, 1, BESIDE)[0]
    frames = [min(len(near) - 1, round(time * moved.fps)) for time in heard]
    less = torch.searchsorted(near.sort().values, near[frames])
    return float(less.double().mean() / len(near))


def _nearness(times: Tensor, others: Tensor) -> float:
    """The mean over `times` of how near the nearest of `others` is."""
    after = torch.searchsorted(others, times)
    beside = [others[(after - k).clamp(0, len(others) - 1)] for k in (0, 1)]
    distance = torch.minimum(*((times - other).abs() for other in beside))
    return float(torch.exp(-0.5 * (distance / WIDTH).square()).mean())
